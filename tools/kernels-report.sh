#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# kernels-report.sh BUILD...
#
# One line for each kernel that multiplies, in each build folder, for each distance of neighbouring
# pixels, and for each size of a square kernel where that matters:
#   bytes    of its machine code
#   loops    inner ones: ranges of instructions that end in a jump back to their begin and hold no
#            other such range, with at least half as many multiply-adds of whole vectors as the one
#            with the most
#   fma      the most multiply-adds of such a loop / those of a tile; more, if the compiler has
#            unrolled it or split vectors
#   spills   the most vector instructions that refer to the stack in a loop * loops that have any
#   reloads  the most other instructions that do
#   share    of the machine's multiply-adds, reached from cache: test_kernels --bench
# Instructions are x86-64's; of other machines, and of the C library's fma, only the bytes and the
# share are shown. Fails if a loop keeps vectors on the stack.
set -eu

report() {
    program=$1/tests/kernels/test_kernels
    rows=$(mktemp)
    trap 'rm -f "$rows"' EXIT
    "$program" --bench >"$rows"
    objdump -d --no-show-raw-insn "$program" | awk -v rows="$rows" -v build="$1" '
function number(hex,    i, n) {
    sub(/^0x/, "", hex)
    for (i = 1; i <= length(hex); i++)
        n = 16 * n + index("0123456789abcdef", substr(hex, i, 1)) - 1
    return n
}
# Splits "  1a2b:  vfmadd231ps %zmm1,..." into address and instruction; false if it is no such line.
function is_instruction() {
    return $1 ~ /^[0-9a-f]+:$/
}
# Notes the function that ended: where its instructions stand among all.
function end_function() {
    if (begin != "") {
        first[begin] = from
        last[begin] = count
        size[begin] = next_address - begin
    }
}
/^[0-9a-f]+ <.*>:$/ {
    next_address = number($1)
    end_function()
    begin = next_address
    from = count + 1
    if ($2 == "<bench_kernels>:")
        base = begin
    next
}
is_instruction() {
    address[++count] = number(substr($1, 1, length($1) - 1))
    $1 = ""
    text[count] = substr($0, 2)
    where[address[count]] = count
    next_address = address[count] + 1
}
# Finds the loops of a function: loop_from[i] to loop_to[i].
function find_loops(function_begin,    i, word, to) {
    loops = 0
    for (i = first[function_begin]; i <= last[function_begin]; i++) {
        split(text[i], word, " ")
        if (word[1] !~ /^j/ || word[2] !~ /^[0-9a-f]+$/)
            continue
        to = number(word[2])
        if (to >= function_begin && to <= address[i] && to in where) {
            loop_from[++loops] = where[to]
            loop_to[loops] = i
        }
    }
}
function is_inner(i,    j) {
    for (j = 1; j <= loops; j++)
        if (j != i && loop_from[j] >= loop_from[i] && loop_to[j] <= loop_to[i])
            return 0
    return 1
}
function count_in(i, pattern,    j, n) {
    for (j = loop_from[i]; j <= loop_to[i]; j++)
        n += text[j] ~ pattern
    return n + 0
}
# Whether a function addresses its own memory by rbp, too.
function has_frame(function_begin,    i) {
    for (i = first[function_begin]; i <= last[function_begin]; i++)
        if (text[i] ~ /^mov +%rsp,%rbp/)
            return 1
    return 0
}
function larger(a, b) {
    return a > b ? a : b
}
function look_at(function_begin, register,    i, stack) {
    stack = has_frame(function_begin) ? "\\(%r[sb]p" : "\\(%rsp"
    find_loops(function_begin)
    most = inner = spills = spilling = reloads = 0
    for (i = 1; i <= loops; i++) {
        fma[i] = is_inner(i) ? count_in(i, "^vfmadd...p[sd] .*%" register) : 0
        most = larger(most, fma[i])
    }
    for (i = 1; most && i <= loops; i++) {
        if (2 * fma[i] < most)
            continue
        inner++
        spilling += count_in(i, "^v.*" stack) > 0
        spills = larger(spills, count_in(i, "^v.*" stack))
        reloads = larger(reloads, count_in(i, "^[^v].*" stack))
    }
}
END {
    end_function()
    register["avx512"] = "zmm"
    register["avx2"] = "ymm"
    layout = "%-20s %4s %4s %7s %6s %7s %7s %8s %8s\n"
    print build
    printf layout, "kernel", "step", "size", "bytes", "loops", "fma", "spills", "reloads", "share"
    while ((getline row < rows) > 0) {
        split(row, field, " ")
        if (field[1] == "kernel")
            continue
        place = base + number(field[9])
        name = field[1] " " field[2] " " field[3]
        if (!(place in size)) {
            print name ": there is no function at its place"
            failed = 1
        } else if (field[1] in register) {
            look_at(place, register[field[1]])
            printf layout, name, field[4], field[5], size[place], inner, most "/" field[6], \
                spilling ? spills "*" spilling : 0, reloads, field[8]
            failed = failed || spilling
        } else {
            printf layout, name, field[4], field[5], size[place], "-", "-", "-", "-", field[8]
        }
    }
    exit failed
}'
}

status=0
for build in "$@"; do
    (report "$build") || status=1
done
exit $status
