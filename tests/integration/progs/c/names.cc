/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* names.cc - names of C++, exceptions, and objects that pass by reference. */
#include <cstdio>
#include <stdexcept>
#include <string>

#define NOINLINE __attribute__((noinline, noclone))

namespace ns
{
struct Base {
	virtual ~Base() = default;
	int id = 3;
};

struct Foo : Base {
	int n;
	std::string s;
	Foo(int k, const char *t) : n(k), s(t) {}
	NOINLINE int bar(int a, const std::string &t) const;
	NOINLINE int bar(double d) const;
};

int Foo::bar(int a, const std::string &t) const
{
	asm volatile("");
	return n + a + (int)t.size();
}

int Foo::bar(double d) const
{
	asm volatile("");
	return n + (int)d;
}

template <class T> NOINLINE T twice(T v)
{
	asm volatile("");
	return v + v;
}

NOINLINE void thrower(int k)
{
	asm volatile("");
	if (k > 1)
		throw std::runtime_error("no");
}

NOINLINE std::string by_value(std::string x)
{
	asm volatile("");
	return x + "!";
}
}

int main()
{
	ns::Foo f(5, "text");
	int r = f.bar(2, f.s) + f.bar(1.5) + ns::twice(4) + (int)ns::twice(2L);

	for (int i = 0; i < 3; i++) {
		try {
			ns::thrower(i);
		} catch (std::exception &e) {
			r++;
		}
	}
	r += (int)ns::by_value(f.s).size();
	fprintf(stderr, "%d\n", r);
	return 0;
}
