/* octets.c - what is in a file: read as far as there is room, and all of it written.
 * SPDX-License-Identifier: ISC
 */
#include "config/octets.h"

#include <errno.h>
#include <unistd.h>

ssize_t read_up_to(int fd, void *at, size_t size)
{
	uint8_t *octets = at;
	size_t len = 0;

	while (len < size) {
		ssize_t got = read(fd, octets + len, size - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		len += (size_t)got;
	}
	return (ssize_t)len;
}

bool write_all(int fd, struct bytes text)
{
	while (text.len > 0) {
		ssize_t done = write(fd, text.at, text.len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		text = bytes_of(text.at + done, text.len - (size_t)done);
	}
	return fsync(fd) == 0;
}
