// SPDX-License-Identifier: Apache-2.0
//
// mpirun -n N faltung-mpi conv2d x.npy kernel.npy -o y.npy ...: each process computes one part of
// the output, as --shard does, and the first puts it in place when all are done. A process that
// fails ends them all.
#define _XOPEN_SOURCE 700 // for SIGXFSZ, open_memstream

#include "commands.h"
#include "store.h"

#include <mpi.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

static void wait_for_all(void)
{
    (void)MPI_Barrier(MPI_COMM_WORLD); // whose errors end the job
}

// One thread at a time calls MPI: the one that moves pieces, or the first.
static bool begin(int *argc, char ***argv, int *rank, int *size)
{
    int provided = MPI_THREAD_SINGLE;
    if (MPI_Init_thread(argc, argv, MPI_THREAD_SERIALIZED, &provided) != MPI_SUCCESS)
        return false;
    (void)MPI_Comm_rank(MPI_COMM_WORLD, rank);
    (void)MPI_Comm_size(MPI_COMM_WORLD, size);
    if (provided < MPI_THREAD_SERIALIZED && *rank == 0)
        fputs("faltung-mpi: this MPI does not let threads call it\n", stderr);
    return provided >= MPI_THREAD_SERIALIZED;
}

// Only the first process has figures and progress to show; the others keep their words until it is
// clear that they have failed.
static int run(int argc, char **argv, int rank, int size)
{
    const team all = {rank, size, &mpi_store, wait_for_all};
    char *said = NULL;
    size_t length = 0;
    FILE *nowhere = rank ? fopen("/dev/null", "w") : NULL;
    FILE *kept = rank ? open_memstream(&said, &length) : NULL;
    session s = {.out = nowhere ? nowhere : stdout,
                 .err = kept ? kept : stderr,
                 .command = "",
                 .team = &all};
    const command *asked = argc > 1 ? find_command(argv[1]) : NULL;
    const bool is_shared = !asked || asked->options >> OPTION_SHARD & 1;
    const int status = is_shared ? run_command_line(&s, argc, argv)
                                 : refuse(&s, EXIT_USAGE,
                                          "'%s' is not for several processes: "
                                          "faltung does it by itself",
                                          argv[1]);
    if (kept) {
        fclose(kept);
        if (status && length)
            fprintf(stderr, "process %d of %d: %s", rank, size, said);
        free(said);
    }
    if (nowhere)
        fclose(nowhere);
    return status;
}

int main(int argc, char **argv)
{
    int rank = 0, size = 1;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    (void)setvbuf(stderr, NULL, _IOLBF, BUFSIZ); // whole lines, though another may end the job
    if (!begin(&argc, &argv, &rank, &size))
        return EXIT_REFUSED;
    const int status = run(argc, argv, rank, size);
    if (status) {
        fflush(NULL);
        // What was said has to pass by the launcher, which drops it when it ends the job.
        nanosleep(&(struct timespec){0, 300000000}, NULL);
        MPI_Abort(MPI_COMM_WORLD, status);
    }
    MPI_Finalize();
    return status;
}
