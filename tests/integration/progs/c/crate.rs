// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only

struct P {
    x: i32,
    y: i64,
}

#[inline(never)]
fn add(a: i32, b: i64) -> i64 {
    std::hint::black_box(a as i64 + b)
}

#[inline(never)]
fn text(s: &str, v: &[u8]) -> usize {
    std::hint::black_box(s.len() + v.len() + s.as_bytes()[0] as usize + v[0] as usize)
}

#[inline(never)]
fn by_ref(p: &P) -> i64 {
    std::hint::black_box(p.x as i64 + p.y)
}

fn main() {
    let mut r = 0;
    for i in 0..3 {
        r += add(i, std::hint::black_box(5));
        r += text(std::hint::black_box("hello"), std::hint::black_box(&[1, 2, 3])) as i64;
        r += by_ref(&P { x: i, y: 7 });
    }
    eprintln!("{}", r);
}
