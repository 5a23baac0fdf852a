# SPDX-License-Identifier: Apache-2.0
"""Arrays in and out: by buffers and DLPack, with any strides, and refused where they are none."""

import array
import ctypes
import gc
import hashlib
import os
import sys
import unittest

import faltung

try:
    import numpy
except ImportError:
    numpy = None


def tensor(values, shape):
    """A float32 array without NumPy."""
    return memoryview(array.array("f", values)).cast("B").cast("f", shape)


class _Device(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int32), ("id", ctypes.c_int32)]


class _Type(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16)]


class _Managed(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("device", _Device),
        ("rank", ctypes.c_int32),
        ("type", _Type),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("offset", ctypes.c_uint64),
        ("context", ctypes.c_void_p),
        ("deleter", ctypes.c_void_p),
    ]


_make_capsule = ctypes.pythonapi.PyCapsule_New
_make_capsule.restype = ctypes.py_object
_make_capsule.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
_kept = []


def _as_bfloat16(bits):
    """A DLPack capsule of 16-bit patterns, without strides and without a deleter."""
    shape = (ctypes.c_int64 * bits.ndim)(*bits.shape)
    data = (ctypes.c_char * bits.nbytes).from_buffer(bits.obj)
    managed = _Managed(
        ctypes.addressof(data), _Device(1, 0), bits.ndim, _Type(4, 16, 1), shape, None, 0, None, None
    )
    _kept.extend((shape, data, managed))
    return _make_capsule(ctypes.addressof(managed), b"dltensor", None)


class _Versioned(ctypes.Structure):
    _fields_ = [
        ("version", ctypes.c_uint32 * 2),
        ("context", ctypes.c_void_p),
        ("deleter", ctypes.c_void_p),
        ("flags", ctypes.c_uint64),
        ("tensor", _Managed),  # of which the first fields are meant
    ]


_FromObject = ctypes.PYFUNCTYPE(
    ctypes.c_int, ctypes.py_object, ctypes.POINTER(ctypes.POINTER(_Versioned))
)
_ToObject = ctypes.PYFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(_Versioned), ctypes.POINTER(ctypes.c_void_p)
)
_Deleter = ctypes.PYFUNCTYPE(None, ctypes.POINTER(_Versioned))


class _Exchange(ctypes.Structure):
    _fields_ = [
        ("version", ctypes.c_uint32 * 2),
        ("previous", ctypes.c_void_p),
        ("allocate", ctypes.c_void_p),
        ("from_object", _FromObject),
        ("to_object", _ToObject),
    ]


class Exchanged:
    """An array of a library that exchanges them by functions of C."""

    deleted = 0
    flags = 0
    device = 1
    fails = False

    def __init__(self, values, shape):
        self.data = (ctypes.c_float * len(values))(*values)
        self.shape = (ctypes.c_int64 * len(shape))(*shape)

    @_Deleter
    def _delete(managed):
        Exchanged.deleted += 1

    @_FromObject
    def _from_object(self, managed):
        if self.fails:
            return -1
        self.managed = _Versioned((1, 0), None, None, self.flags)
        self.managed.deleter = ctypes.cast(self._delete, ctypes.c_void_p)
        self.managed.tensor = _Managed(
            ctypes.addressof(self.data), _Device(self.device, 0), len(self.shape), _Type(2, 32, 1)
        )
        self.managed.tensor.shape = self.shape
        managed[0] = ctypes.pointer(self.managed)
        return 0

    @_ToObject
    def _to_object(managed, made):
        tensor = managed.contents.tensor
        shape = tensor.shape[: tensor.rank]
        count = 1
        for size in shape:
            count *= size
        values = (ctypes.c_float * count).from_address(tensor.data)
        result = Exchanged(list(values), shape)
        ctypes.cast(managed.contents.deleter, _Deleter)(managed)
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(result))
        made[0] = id(result)
        return 0

    _table = _Exchange((1, 3), None, None, _from_object, _to_object)


Exchanged.__dlpack_c_exchange_api__ = _make_capsule(
    ctypes.addressof(Exchanged._table), b"dlpack_exchange_api", None
)


class Exchange(unittest.TestCase):
    def setUp(self):
        self.x = Exchanged([1, 2, 3, 4], (1, 1, 4))
        self.w = Exchanged([1, 10], (1, 1, 2))
        Exchanged.deleted = 0

    def test_arrays_are_given_and_returned(self):
        y = faltung.conv1d(self.x, self.w)
        self.assertIs(type(y), Exchanged)
        self.assertEqual((list(y.data), list(y.shape)), ([21.0, 32.0, 43.0], [1, 1, 3]))
        self.assertEqual(Exchanged.deleted, 2)
        z = faltung.Plan("conv1d", self.x, self.w)(self.x)
        self.assertEqual(list(z.data), list(y.data))

    def test_out_is_written(self):
        out = Exchanged([0, 0, 0], (1, 1, 3))
        self.assertIs(faltung.conv1d(self.x, self.w, out=out), out)
        self.assertEqual(list(out.data), [21.0, 32.0, 43.0])
        out.flags = 1
        with self.assertRaisesRegex(RuntimeError, "out is read-only"):
            faltung.conv1d(self.x, self.w, out=out)

    def test_errors_leave_nothing_behind(self):
        with self.assertRaises(RuntimeError):
            faltung.conv1d(self.w, self.x)
        self.assertEqual(Exchanged.deleted, 2)

    def test_other_devices_are_refused(self):
        self.x.device = 2
        with self.assertRaisesRegex(RuntimeError, "input is on another device than the CPU"):
            faltung.conv1d(self.x, self.w)
        self.assertEqual(Exchanged.deleted, 1)

    def test_what_is_not_exchanged_is_asked_otherwise(self):
        self.x.fails = True
        with self.assertRaisesRegex(TypeError, r"'input' \(position 1\) must be Tensor"):
            faltung.conv1d(self.x, self.w)

    def test_tables_of_other_versions_are_left_alone(self):
        Exchanged._table.version[0] = 2
        with self.assertRaisesRegex(TypeError, r"must be Tensor, not Exchanged"):
            faltung.conv1d(self.x, self.w)
        Exchanged._table.version[0] = 1


class Buffers(unittest.TestCase):
    def test_memoryviews_are_taken(self):
        x = tensor([1, 2, 3, 4], (1, 1, 4))
        w = tensor([1, 10], (1, 1, 2))
        y = faltung.conv1d(x, w)
        self.assertIsInstance(y, faltung.Tensor)
        self.assertEqual((y.shape, y.ndim, y.dtype), ((1, 1, 3), 3, "float32"))
        self.assertEqual(memoryview(y).tolist(), [[[21.0, 32.0, 43.0]]])
        self.assertEqual(repr(y), "faltung.Tensor(shape=(1, 1, 3), dtype=float32)")

    def test_a_buffer_outlives_its_tensor(self):
        view = memoryview(faltung.randn((3, 4), seed=1))
        expected = view.tolist()
        gc.collect()
        self.assertEqual(view.tolist(), expected)

    def test_results_are_taken_again(self):
        x, w = faltung.randn((1, 2, 6), (2, 2, 3), seed=3)
        self.assertEqual(faltung.conv1d(faltung.conv1d(x, w), w).shape, (1, 2, 2))

    def test_out_is_written_and_returned(self):
        x = tensor([1, 2, 3, 4], (1, 1, 4))
        out = tensor([0, 0, 0], (1, 1, 3))
        self.assertIs(faltung.conv1d(x, tensor([1, 1], (1, 1, 2)), out=out), out)
        self.assertEqual(out.tolist(), [[[3.0, 5.0, 7.0]]])

    def test_what_cannot_be_written_is_refused(self):
        x = tensor([1, 2, 3, 4], (1, 1, 4))
        with self.assertRaises(BufferError):
            faltung.conv1d(x, x, out=x.toreadonly())

    def test_other_types_are_refused(self):
        x = tensor([1, 2, 3, 4], (1, 1, 4))
        for wrong in ([1], 3, "x", {}):
            with self.assertRaisesRegex(TypeError, r"conv1d\(\): argument 'input' \(position 1\)"):
                faltung.conv1d(wrong, x)
            with self.assertRaisesRegex(TypeError, r"'weight' \(position 2\) must be Tensor, not"):
                faltung.conv1d(x, wrong)
        with self.assertRaisesRegex(RuntimeError, "unsupported type 'q'"):
            faltung.conv1d(memoryview(array.array("q", [1])), x)


def resident():
    """Bytes of memory that this process uses."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Memory(unittest.TestCase):
    def test_what_is_used_is_not_used_again(self):
        sizes = [30_000, 40_000, 300_000, 1_300_000, 1_200_000, 40_000, 300_000]
        expected = {size: bytes(faltung.randn((size,), seed=size)) for size in sizes}
        held = [memoryview(faltung.randn((size,), seed=size)) for size in sizes]
        for size in 3 * sizes:
            self.assertEqual(bytes(faltung.randn((size,), seed=size)), expected[size])
        for size, view in zip(sizes, held):
            self.assertEqual(bytes(view), expected[size])

    @unittest.skipUnless(os.path.exists("/proc/self/statm"), "for Linux")
    def test_little_is_kept(self):
        before = resident()
        weight = tensor([2], (1, 1, 1))
        for million in range(1, 41):
            row = memoryview(bytearray(4_000_000 * million)).cast("f", (1, 1, 1_000_000 * million))
            self.assertEqual(faltung.conv1d(row, weight).shape, row.shape)
        del row
        self.assertLess(resident() - before, 192 << 20)


class Capsules(unittest.TestCase):
    def test_a_capsule_that_nobody_uses_is_freed(self):
        y = faltung.randn((2, 2))
        before = sys.getrefcount(y)
        capsule = y.__dlpack__()
        self.assertEqual(sys.getrefcount(y), before + 1)
        del capsule
        gc.collect()
        self.assertEqual(sys.getrefcount(y), before)

    def test_bfloat16_goes_by_dlpack_only(self):
        bits = memoryview(bytearray(8)).cast("H", (1, 1, 4))

        class Half:  # as PyTorch hands out its own
            def __dlpack__(self):
                return _as_bfloat16(bits)

            def __dlpack_device__(self):
                return 1, 0

        for i, value in enumerate((0x3F80, 0x4000, 0x4040, 0x4080)):  # 1, 2, 3, 4
            bits[0, 0, i] = value
        y = faltung.conv1d(Half(), Half())
        self.assertEqual(y.dtype, "bfloat16")
        with self.assertRaisesRegex(BufferError, "bfloat16 is unknown to the buffer protocol"):
            memoryview(y)

    def test_the_device_is_the_cpu(self):
        self.assertEqual(faltung.randn((1,)).__dlpack_device__(), (1, 0))

    def test_other_devices_are_refused(self):
        class Elsewhere:
            def __dlpack__(self):
                raise AssertionError("not to be asked")

            def __dlpack_device__(self):
                return 2, 0

        with self.assertRaisesRegex(RuntimeError, "input is on another device than the CPU"):
            faltung.conv1d(Elsewhere(), faltung.randn((1, 1, 1)))

    def test_what_fails_to_export_says_why(self):
        class Broken:
            def __dlpack__(self):
                raise BufferError("not today")

            def __dlpack_device__(self):
                return 1, 0

        with self.assertRaisesRegex(BufferError, "not today"):
            faltung.conv1d(Broken(), faltung.randn((1, 1, 1)))

    def test_capsules_are_taken(self):
        class ByDLPack:
            def __init__(self, tensor):
                self.tensor = tensor

            def __dlpack__(self):
                return self.tensor.__dlpack__()

            def __dlpack_device__(self):
                return 1, 0

        x, w = faltung.randn((1, 2, 6), (2, 2, 3), seed=3)
        y = faltung.conv1d(ByDLPack(x), ByDLPack(w))
        self.assertEqual(bytes(y), bytes(faltung.conv1d(x, w)))


@unittest.skipIf(numpy is None, "NumPy is not installed")
class NumPy(unittest.TestCase):
    def setUp(self):
        random = numpy.random.default_rng(1)
        self.x = random.integers(-8, 9, (2, 3, 9, 10)).astype(numpy.float32)
        self.w = random.integers(-8, 9, (4, 3, 3, 2)).astype(numpy.float32)

    def oracle(self, x, w):
        windows = numpy.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
        return numpy.einsum("nchwij,ocij->nohw", windows, w)

    def test_numpy_gives_numpy(self):
        y = faltung.conv2d(self.x, self.w)
        self.assertIs(type(y), numpy.ndarray)
        self.assertEqual(y.dtype, numpy.float32)
        self.assertTrue((y == self.oracle(self.x, self.w)).all())

    def test_views_are_taken_as_they_are(self):
        for view in (
            self.x[:, :, ::-1],
            self.x[:, :, :, ::2],
            self.x[::-1, 1:],
            numpy.broadcast_to(self.x[:1], self.x.shape),
            numpy.ascontiguousarray(self.x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2),
        ):
            w = self.w[:, : view.shape[1]]
            self.assertTrue((faltung.conv2d(view, w) == self.oracle(view, w)).all())

    def test_results_may_have_channels_last(self):
        x = numpy.ascontiguousarray(self.x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
        y = faltung.conv2d(x, self.w)
        self.assertTrue(y.transpose(0, 2, 3, 1).flags.c_contiguous)
        self.assertTrue((y == self.oracle(x, self.w)).all())
        self.assertTrue(faltung.conv2d(x[0], self.w).flags.c_contiguous)
        tensor = faltung.conv2d(memoryview(x), self.w)
        self.assertEqual(memoryview(tensor).tolist(), y.tolist())
        with self.assertRaisesRegex(BufferError, "channels last"):
            hashlib.sha256(tensor)

    def test_read_only_arrays_are_read(self):
        self.x.flags.writeable = False
        self.assertEqual(faltung.conv2d(self.x, self.w).shape, (2, 4, 7, 9))

    def test_every_type_is_computed(self):
        expected = self.oracle(self.x, self.w > 0)
        for name in ("float32", "float64", "float16", "complex64", "complex128", "int8"):
            dtype = numpy.dtype(name)
            y = faltung.conv2d(self.x.astype(dtype), (self.w > 0).astype(dtype))
            self.assertEqual(y.dtype, numpy.int32 if name == "int8" else dtype)
            self.assertTrue((y == expected.astype(y.dtype)).all())

    def test_integers_lie_around_their_zero_points(self):
        x, w = (self.x + 100).astype(numpy.uint8), (self.w - 3).astype(numpy.int8)
        y = faltung.conv2d(x, w, input_zero_point=100, weight_zero_point=-3)
        self.assertTrue((y == self.oracle(self.x, self.w)).all())

    def test_foreign_bytes_are_refused(self):
        with self.assertRaisesRegex(RuntimeError, "unsupported type '>f'"):
            faltung.conv2d(self.x.astype(">f4"), self.w)
        fields = numpy.zeros((2, 3, 9, 10), dtype=[("a", "u1"), ("b", "f4")])["b"]
        with self.assertRaisesRegex(RuntimeError, "no multiples of its elements"):
            faltung.conv2d(fields, self.w)


if __name__ == "__main__":
    unittest.main()
