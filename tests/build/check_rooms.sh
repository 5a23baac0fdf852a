#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Dependencies between the rooms point down: a file includes from its own room and from those that
# stand behind its room in this table, and from no other. Headers are named from the top of src/ or
# of cli/, those of drawing/ from that of the project; "." is the files that stand there directly.
# What is outside src/ knows the library by <faltung.h> only. A room that the table does not name is
# refused.
set -u
cd "$(dirname "$0")/../.." || exit

rooms='
src/base
src/tensor      src/base
src/arithmetic  src/base
src/kernels     src/base
src/problem     src/tensor src/arithmetic src/base
src/random      src/tensor src/base
src/algorithms  src/kernels src/problem src/tensor src/base
src/plan        src/algorithms src/problem src/arithmetic src/tensor src/base
src/unfold      src/kernels src/problem src/arithmetic src/tensor src/base
drawing/.
cli/.
cli/files       cli/.
cli/charts      drawing/. cli/.
cli/bench       cli/files cli/.
cli/errors
cli/parts       cli/files cli/.
cli/tour        cli/charts cli/files cli/.
cli/commands    cli/parts cli/bench cli/errors cli/tour cli/charts drawing/. cli/files cli/.
cli/commands.c  cli/commands cli/.
examples/.
fuzz/.          cli/files cli/.
mpi/.           cli/parts cli/.
python/.       drawing/.
bench/peers
'

# Every file, and every line in it that includes something: "FILE" or "FILE:HEADER".
includes() {
    find src drawing cli examples fuzz mpi python bench -name '*.[ch]' 2>/dev/null | sort | while read -r file; do
        echo "$file"
        sed -n "s|^[[:space:]]*#[[:space:]]*include[[:space:]]*\([\"<][^\">]*\).*|$file:\1|p" "$file"
    done
}

includes | awk -F : -v rooms="$rooms" '
function room_of(path,    parts) {
    if (path in known)
        return path
    return split(path, parts, "/") == 2 ? parts[1] "/." : parts[1] "/" parts[2]
}
function refuse(why) {
    print $1 ": " why
    refused = 1
}
BEGIN {
    count = split(rooms, lines, "\n")
    for (i = 1; i <= count; i++) {
        words = split(lines[i], word, " ")
        known[word[1]]
        for (j = 1; j <= words; j++)
            allowed[word[1], word[j]]
    }
}
NF == 1 {
    files++
    if (!(room_of($1) in known))
        refuse("stands in a room that tests/build/check_rooms.sh does not name")
    next
}
{
    root = substr($1, 1, index($1, "/") - 1)
    top = root == "fuzz" || root == "mpi" ? "cli" : root
    name = substr($2, 2)
    if (substr($2, 1, 1) == "<") {
        if (name ~ /\// && name !~ /^sys\//)
            refuse("includes <" name ">; only the system and <faltung.h> are included so")
    } else if (!((room_of($1), room_of(name ~ /^drawing\// ? name : top "/" name)) in allowed)) {
        refuse("must not include \"" name "\"")
    }
}
END {
    if (!files) {
        print "there is nothing to check"
        refused = 1
    }
    exit refused
}'
