/* operations.h - operations with public keys, counted: what a stranger can make us do.
 * SPDX-License-Identifier: ISC
 */
#ifndef TESTS_UNIT_OPERATIONS_H
#define TESTS_UNIT_OPERATIONS_H

/* Signatures that our code has had verified, so far; a path of certificates
 * counts as one for each that it could hold. */
extern int public_key_operations;

#endif
