/** The command line as argc and argv. */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

/**
 * Split a command line in place: words are separated by blanks; '...' and "..." group, and inside
 * "..." a backslash takes the meaning from the next " or \.
 *
 * words gets at most `most` pointers and a NULL behind them. Returns how many words there are.
 */
int split_arguments(char *line, char **words, int most);

#endif
