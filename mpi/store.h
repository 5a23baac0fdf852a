// SPDX-License-Identifier: Apache-2.0
//
// Files by MPI-IO, each process for itself.
#ifndef FALTUNG_MPI_STORE_H
#define FALTUNG_MPI_STORE_H

#include "parts/store.h"

extern const store_kind mpi_store;

#endif
