# SPDX-License-Identifier: Apache-2.0
#
# awk -v rows=FILE -v build=NAME: reads a program's instructions, as objdump -d writes them without
# their bytes, and writes the report that kernels-report.sh describes, a line for each line of FILE,
# which is what test_kernels --bench has written.
#
# A loop is what compilers call a natural one: a jump back to a block which every way to that jump
# goes through, and all blocks on the ways from there to the jump. They may lie anywhere: compilers
# move what they take for rare out of the way, and jump back from there, too.

function number(hex,    i, n) {
    sub(/^0x/, "", hex)
    for (i = 1; i <= length(hex); i++)
        n = 16 * n + index("0123456789abcdef", substr(hex, i, 1)) - 1
    return n
}
function larger(a, b) {
    return a > b ? a : b
}

# ------------------------------------------------------------------------------------ instructions

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
# "  1a2b:  vfmadd231ps %zmm1,..."
$1 ~ /^[0-9a-f]+:$/ {
    address[++count] = number(substr($1, 1, length($1) - 1))
    $1 = ""
    text[count] = substr($0, 2)
    sub(/^(notrack|bnd|repz) /, "", text[count])
    where[address[count]] = count
    next_address = address[count] + 1
}

# ------------------------------------------------------------------------------------------ blocks

function is_jump(i) {
    return text[i] ~ /^(j|ret|ud2|hlt)/
}
# Where a jump leads within the function; 0: out of it, or wherever a register says.
function target(i,    word, to) {
    split(text[i], word, " ")
    to = word[2] ~ /^[0-9a-f]+$/ ? where[number(word[2])] : 0
    return to >= first[here] && to <= last[here] ? to : 0
}
function divide(    i) {
    split("", starts)
    starts[first[here]]
    for (i = first[here]; i <= last[here]; i++)
        if (is_jump(i)) {
            starts[i + 1]
            if (target(i))
                starts[target(i)]
        }
    blocks = 0
    for (i = first[here]; i <= last[here]; i++) {
        if (i in starts)
            block_first[++blocks] = i
        block_last[blocks] = i
        block_of[i] = blocks
    }
}
function link(a, b) {
    after[a, ++afters[a]] = b
    before[b, ++befores[b]] = a
}
function is_padding(b,    i) {
    for (i = block_first[b]; i <= block_last[b]; i++)
        if (text[i] !~ /nop|^xchg +%ax,%ax|^data16/)
            return 0
    return 1
}
# Links the blocks. A jump by a table may lead wherever nothing else does.
function link_blocks(    b, i, k, tables, table) {
    split("", afters)
    split("", befores)
    tables = 0
    for (b = 1; b <= blocks; b++) {
        i = block_last[b]
        if (is_jump(i) && target(i))
            link(b, block_of[target(i)])
        if (text[i] ~ /^jmp +\*/)
            table[++tables] = b
        if (text[i] !~ /^(jmp|ret|ud2|hlt)/ && b < blocks)
            link(b, b + 1)
    }
    for (b = 2; b <= blocks; b++)
        if (!befores[b] && !is_padding(b))
            for (k = 1; k <= tables; k++)
                link(table[k], b)
}

# ------------------------------------------------------------------------------------------- loops

# Ranks the blocks that can be reached: each is after one that it comes from, but for jumps back.
function rank_blocks(    stack, depth, next_way, b, to) {
    split("", rank)
    split("", seen)
    ranked = depth = 0
    stack[++depth] = 1
    seen[1]
    while (depth) {
        b = stack[depth]
        if (next_way[b] < afters[b]) {
            to = after[b, ++next_way[b]]
            if (!(to in seen)) {
                seen[to]
                stack[++depth] = to
            }
        } else {
            rank[b] = ++ranked
            by_rank[ranked] = b
            depth--
        }
    }
}
function meet(a, b) {
    while (a != b)
        if (rank[a] < rank[b])
            a = over[a]
        else
            b = over[b]
    return a
}
# Finds the last block that every way to a block goes through: over[block].
function find_overs(    changed, k, b, i, p, found) {
    split("", over)
    over[1] = 1
    do {
        changed = 0
        for (k = ranked - 1; k >= 1; k--) {
            b = by_rank[k]
            found = 0
            for (i = 1; i <= befores[b]; i++) {
                p = before[b, i]
                if (p in over)
                    found = found ? meet(found, p) : p
            }
            changed = changed || over[b] != found
            over[b] = found
        }
    } while (changed)
}
function is_over(a, b) {
    while (rank[b] < rank[a])
        b = over[b]
    return a == b
}
# Adds to the loop of a head what leads to one of its jumps back.
function add_ways(head, jump,    stack, depth, b, i) {
    inside[head, head]
    stack[++depth] = jump
    while (depth) {
        b = stack[depth--]
        if ((head, b) in inside)
            continue
        inside[head, b]
        for (i = 1; i <= befores[b]; i++)
            if (before[b, i] in rank)
                stack[++depth] = before[b, i]
    }
}
function find_loops(    b, i, head) {
    split("", heads)
    split("", inside)
    divide()
    link_blocks()
    rank_blocks()
    find_overs()
    for (b = 1; b <= blocks; b++)
        for (i = 1; b in rank && i <= afters[b]; i++) {
            head = after[b, i]
            if (is_over(head, b)) {
                heads[head]
                add_ways(head, b)
            }
        }
}
function count_in(head, pattern,    b, i, n) {
    for (b = 1; b <= blocks; b++)
        for (i = block_first[b]; (head, b) in inside && i <= block_last[b]; i++)
            n += text[i] ~ pattern
    return n + 0
}

# ------------------------------------------------------------------------------------------ report

# Whether the function addresses its own memory by rbp, too.
function has_frame(    i) {
    for (i = first[here]; i <= last[here]; i++)
        if (text[i] ~ /^mov +%rsp,%rbp/)
            return 1
    return 0
}
function is_inner(head,    other) {
    for (other in heads)
        if (other != head && fma[other] && (head, other) in inside)
            return 0
    return 1
}
function look_at(register,    stack, head) {
    stack = has_frame() ? "\\(%r[sb]p" : "\\(%rsp"
    find_loops()
    most = inner = spills = spilling = reloads = 0
    for (head in heads)
        fma[head] = count_in(head, "^(vfmadd...p[sd]|vpmaddwd) .*%" register)
    for (head in heads) {
        if (!fma[head] || !is_inner(head))
            continue
        inner++
        most = larger(most, fma[head])
        spilling += count_in(head, "^v.*" stack) > 0
        spills = larger(spills, count_in(head, "^v.*" stack))
        reloads = larger(reloads, count_in(head, "^[^v].*" stack))
    }
}
END {
    end_function()
    register["avx512"] = "zmm"
    register["avx2"] = "ymm"
    layout = "%-26s %4s %4s %7s %6s %7s %7s %8s %8s\n"
    print build
    printf layout, "kernel", "step", "size", "bytes", "loops", "fma", "spills", "reloads", "share"
    while ((getline row < rows) > 0) {
        split(row, field, " ")
        if (field[1] == "kernel")
            continue
        here = base + number(field[10])
        name = field[1] " " field[2] " " field[3] " " field[4]
        if (!(here in size)) {
            print name ": there is no function at its place"
            failed = 1
        } else if (field[1] in register) {
            look_at(register[field[1]])
            printf layout, name, field[5], field[6], size[here], inner, most "/" field[7], \
                spilling ? spills "*" spilling : 0, reloads, field[9]
            failed = failed || spilling || !inner
        } else {
            printf layout, name, field[5], field[6], size[here], "-", "-", "-", "-", field[9]
        }
    }
    exit failed
}
