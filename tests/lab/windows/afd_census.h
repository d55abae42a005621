/*
 * What the AFD engine has of the system's: counted by functions in place of the
 * two that are imported for it. Only programs that link afd_census.c are counted.
 */
#ifndef HVUV_TESTS_LAB_WINDOWS_AFD_CENSUS_H
#define HVUV_TESTS_LAB_WINDOWS_AFD_CENSUS_H

/* Handles to AFD that were opened, since only they are given to a port. */
int afd_census_handles(void);

/* Answers that came at the port of the last such handle. */
int afd_census_answers(void);

#endif /* HVUV_TESTS_LAB_WINDOWS_AFD_CENSUS_H */
