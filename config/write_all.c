/* write_all.c - all octets into a file, and onto the disk.
 * SPDX-License-Identifier: ISC
 */
#include "config/write_all.h"

#include <errno.h>
#include <unistd.h>

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
