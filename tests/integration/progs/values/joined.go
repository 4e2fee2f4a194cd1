// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

//go:build go1.20

package main

import (
	"errors"
	"fmt"
	"io"
)

func init() {
	more = []error{
		errors.Join(errors.New("one"), fmt.Errorf("two: %w", io.EOF), io.EOF),
		fmt.Errorf("%w and %w", io.EOF, io.ErrUnexpectedEOF),
	}
}
