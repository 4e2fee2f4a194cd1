/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "runtime/gft.h"

int main(int argc, char **argv)
{
	return gft_main(argc, argv);
}
