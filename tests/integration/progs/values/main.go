// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

// Program values passes known values of every kind to functions that do
// nothing with them but return: what gft prints is compared with this source.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"syscall"
	"time"
)

type point struct{ x, y int32 }

type person struct {
	name string
	age  int
	at   *point
}

type color uint8

var sink any

// values of the program as a whole, and one behind a pointer
var (
	lastErr error = &codeError{7, "seven"}
	home          = person{"Ada", 36, &point{3, 4}}
	guest         = &home
)

//go:noinline
func ints(a int8, b uint16, c int32, d uint64, e int) int { return int(a) + e }

//go:noinline
func small(b bool, r rune, c color) bool { return !b }

//go:noinline
func text(s string, empty string) string { return s + "!" }

//go:noinline
func bytes(b []byte, n []byte) int { return len(b) }

//go:noinline
func slices(a []int, s []string, none []int) []int { return a[:2] }

//go:noinline
func structs(p person, q *person, none *person) *point { return p.at }

// An array of more than one element keeps a struct out of registers.
type room struct {
	p     *point
	tiles [12]int
}

//go:noinline
func byStack(r room) int { return r.tiles[3] }

//go:noinline
func fails(err error, none error) error { return fmt.Errorf("wrapped: %w", err) }

//go:noinline
func faces(a any, b any, w io.Writer) any { return a }

//go:noinline
func floats(f float64, n int, g float32) float64 { return f * float64(g) }

//go:noinline
func many(a, b, c, d, e, f, g, h, i, j, k int) (int, string) { return j + k, "many" }

//go:noinline
func times(d time.Duration, t time.Time) time.Duration { return 2 * d }

//go:noinline
func maps(m map[string]int, none map[string]int, c chan int) int { return len(m) }

//go:noinline
func arrays(one [1]int, three [3]int16, z [0]int) [1]int { return [1]int{one[0] + int(three[1])} }

//go:noinline
func funcs(f func(int) int, none func()) int { return f(1) }

//go:noinline
func variadic(sep string, xs ...int) int { return len(xs) }

//go:noinline
func (p *person) older(by int) (age int, err error) { p.age += by; return p.age, nil }

//go:noinline
func (p point) add(q point) point { return point{p.x + q.x, p.y + q.y} }

//go:noinline
func double(x int) int { return 2 * x }

type node struct {
	id   int
	name string
	list []node
}

type stack[T any] struct{ v []T }

type codeError struct {
	code int
	msg  string
}

func (e *codeError) Error() string { return e.msg }

type textError string

func (e textError) Error() string { return string(e) }

type pairError struct {
	msg string
	n   int
}

func (e pairError) Error() string { return e.msg }

//go:noinline
func nested(l node, p *node, a [4]node) int { return l.id + p.id + a[1].id }

//go:noinline
func keep[T any](x T, xs []T) T { return x }

//go:noinline
func (s *stack[T]) push(x T, n int) int { s.v = append(s.v, x); return n }

//go:noinline
func adder(n int) func(int) int {
	sum := 5
	return func(x int) int { sum += n; return x + n + sum }
}

//go:noinline
func apply(f func(int) int, x int) int { return f(x) }

//go:noinline
func fail(err error) (int, error) { return 1, err }

//go:noinline
func dynamic(a any) { sink = a }

func errs() {
	_, err := os.Open("/nonexistent/file")
	fail(err)
	_, err = strconv.Atoi("12x")
	fail(err)
	fail(syscall.ENOENT)
	fail(fmt.Errorf("reading: %w", io.EOF))
	fail(os.NewSyscallError("openat", syscall.EACCES))
	fail(context.DeadlineExceeded)
	fail(&codeError{404, "not here"})
	fail(textError("a text"))
	fail(pairError{"a pair", 7})
	fail(nil)
	for _, err := range more {
		fail(err)
	}
}

var more []error // of newer versions

// A constant so large that nearly all of its pages are never loaded: nobody reads them but gft, in the file.
const (
	k16  = "0123456789abcdef"
	k256 = k16 + k16 + k16 + k16 + k16 + k16 + k16 + k16 + k16 + k16 + k16 + k16 + k16 + k16 + k16 + k16
	k4k  = k256 + k256 + k256 + k256 + k256 + k256 + k256 + k256 + k256 + k256 + k256 + k256 + k256 + k256 + k256 + k256
	k64k = k4k + k4k + k4k + k4k + k4k + k4k + k4k + k4k + k4k + k4k + k4k + k4k + k4k + k4k + k4k + k4k
	k1m  = k64k + k64k + k64k + k64k + k64k + k64k + k64k + k64k + k64k + k64k + k64k + k64k + k64k + k64k + k64k + k64k
)

var far = errors.New(k1m[700001:700006])

//go:noinline
func constant(s string, fresh []byte, err error) string {
	return s[1:]
}

//go:noinline
func work() {
	constant(k1m[500004:500014], make([]byte, 1<<22), far)
	ints(-1, 65535, -70000, 1<<63+5, 42)
	small(true, 'x', 7)
	text("hello \"world\"\n", "")
	sink = fmt.Sprint(*guest, lastErr) // their pages are in memory then
	bytes([]byte("GET / HTTP/1.1"), nil)
	byStack(room{guest.at, [12]int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}})
	slices([]int{1, -2, 3}, []string{"a", "bc"}, nil)
	p := person{"Ada", 36, &point{3, 4}}
	structs(p, &p, nil)
	fails(errors.New("disk full"), nil)
	faces("a string", 7, os.Stdout)
	floats(1.5, 9, 2.5)
	many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
	times(1500*time.Microsecond, time.Unix(1700000000, 5).UTC())
	c := make(chan int, 4)
	c <- 1
	maps(map[string]int{"a": 1, "b": 2}, nil, c)
	arrays([1]int{5}, [3]int16{1, -2, 3}, [0]int{})
	funcs(double, nil)
	variadic("-", 7, 8)
	p.older(2)
	point{1, 2}.add(point{10, 20})
	long := make([]byte, 300)
	for i := range long {
		long[i] = 'a' + byte(i%26)
	}
	text(string(long), "end")
	in := []node{{2, "in0", nil}, {3, "in1", []node{{4, "deep", nil}}}}
	nested(node{1, "outer", in}, &node{9, "pointer", nil}, [4]node{{}, {6, "array", nil}})
	keep("s", []string{"t"})
	(&stack[string]{}).push("top", 2)
	apply(adder(3), 4)
	sink = fmt.Sprint(color(7), 1.5, int8(-3), time.Second) // the pages are in memory then
	dynamic(color(7))
	dynamic(1.5)
	dynamic(int8(-3))
	dynamic(time.Second)
	errs()
}

func main() {
	work()
	fmt.Println("ok")
}
