//! FarmHash's hash of 64 bits as its portable build computes it: the fingerprint, but for lengths of 33 to 96 and above 256.

use super::farm::{K1, K2, fetch, fingerprint, join, mix, weak};

/// The hash.
pub(in super::super) fn hash(data: &[u8]) -> u64 {
    match data.len() {
        33..=64 => two_parts(data),
        65..=96 => three_parts(data),
        257.. => blocks(data),
        _ => fingerprint(data),
    }
}

/// 32 bytes from a place, with two seeds.
fn part(data: &[u8], at: usize, factor: u64, seeds: (u64, u64)) -> u64 {
    let word = |i: usize| fetch(data, at + 8 * i);
    let (a, b) = (word(0).wrapping_mul(K1), word(1));
    let (c, d) = (word(3).wrapping_mul(factor), word(2).wrapping_mul(K2));
    let u = a.wrapping_add(b).rotate_right(43).wrapping_add(c.rotate_right(30));
    let u = u.wrapping_add(d).wrapping_add(seeds.0);
    let v =
        a.wrapping_add(b.wrapping_add(K2).rotate_right(18)).wrapping_add(c).wrapping_add(seeds.1);
    let a = mix((u ^ v).wrapping_mul(factor));
    mix((v ^ a).wrapping_mul(factor))
}

fn two_parts(data: &[u8]) -> u64 {
    let first = K2.wrapping_sub(30);
    let second = first.wrapping_add(2 * data.len() as u64);
    let a = part(data, 0, first, (0, 0));
    let b = part(data, data.len() - 32, second, (0, 0));
    b.wrapping_mul(second).wrapping_add(a).wrapping_mul(second)
}

fn three_parts(data: &[u8]) -> u64 {
    let first = K2.wrapping_sub(114);
    let second = first.wrapping_add(2 * data.len() as u64);
    let a = part(data, 0, first, (0, 0));
    let b = part(data, 32, second, (0, 0));
    let c = part(data, data.len() - 32, second, (a, b));
    c.wrapping_mul(9).wrapping_add(a >> 17).wrapping_add(b >> 21).wrapping_mul(second)
}

/// The state over blocks of 64 bytes.
struct State {
    u: u64,
    x: u64,
    y: u64,
    z: u64,
    v: (u64, u64),
    w: (u64, u64),
}

impl State {
    fn block(&mut self, data: &[u8], at: usize, factor: u64) {
        let word = |i: usize| fetch(data, at + 8 * i);
        let Self { u, x, y, z, v, w } = self;
        let add = |to: &mut u64, term: u64| *to = to.wrapping_add(term);
        add(x, word(0).wrapping_add(word(1)));
        add(y, word(2));
        add(z, word(3));
        add(&mut v.0, word(4));
        add(&mut v.1, word(5).wrapping_add(word(1)));
        add(&mut w.0, word(6));
        add(&mut w.1, word(7));
        *x = x.rotate_right(26).wrapping_mul(9);
        *y = y.rotate_right(29);
        *z = z.wrapping_mul(factor);
        *v = (v.0.rotate_right(33), v.1.rotate_right(30));
        w.0 = (w.0 ^ *x).wrapping_mul(9);
        *z = z.rotate_right(32);
        add(z, w.1);
        add(&mut w.1, *z);
        *z = z.wrapping_mul(9);
        std::mem::swap(u, y);
        add(z, word(0).wrapping_add(word(6)));
        add(&mut v.0, word(2));
        add(&mut v.1, word(3));
        add(&mut w.0, word(4));
        add(&mut w.1, word(5).wrapping_add(word(6)));
        add(x, word(1));
        add(y, word(7));
        add(y, v.0);
        add(&mut v.0, x.wrapping_sub(*y));
        add(&mut v.1, w.0);
        add(&mut w.0, v.1);
        add(&mut w.1, x.wrapping_sub(*y));
        add(x, w.1);
        w.1 = w.1.rotate_right(34);
        std::mem::swap(u, z);
    }
}

fn blocks(data: &[u8]) -> u64 {
    const SEED: u64 = 81;
    let (y, z) = (113, mix(113_u64.wrapping_mul(K2)).wrapping_mul(K2));
    let u = SEED.wrapping_sub(z);
    let factor = K2.wrapping_add(u & 0x82);
    let x = SEED.wrapping_mul(K2);
    let mut state = State { u, x, y, z, v: (SEED, 0), w: (0, 0) };
    let rest = (data.len() - 1) % 64;
    for at in (0..data.len() - 1 - rest).step_by(64) {
        state.block(data, at, factor);
    }
    finish(&state, data, rest as u64, factor)
}

fn finish(state: &State, data: &[u8], rest: u64, factor: u64) -> u64 {
    let last = data.len() - 64;
    let word = |i: usize| fetch(data, last + 8 * i);
    let State { u, x, y, z, v, w } = state;
    let v = (v.0.rotate_right(20), v.1.rotate_right(28));
    let w = (w.0.wrapping_add(rest), w.1);
    let u = u.wrapping_mul(9).wrapping_add(*y);
    let y = y.wrapping_add(u);
    let x = y.wrapping_sub(*x).wrapping_add(v.0).wrapping_add(word(1));
    let x = x.rotate_right(37).wrapping_mul(factor) ^ w.1.wrapping_mul(9);
    let y = (y ^ v.1 ^ word(6)).rotate_right(42).wrapping_mul(factor);
    let y = y.wrapping_add(v.0).wrapping_add(word(5));
    let z = z.wrapping_add(w.0).rotate_right(33).wrapping_mul(factor);
    let v = weak(data, last, v.1.wrapping_mul(factor), x.wrapping_add(w.0));
    let w = weak(data, last + 32, z.wrapping_add(w.1), y.wrapping_add(word(2)));
    let first = join(v.0.wrapping_add(x), w.0 ^ y, factor).wrapping_add(z).wrapping_sub(u);
    let second = turned(v.1.wrapping_add(y), w.1.wrapping_add(z), 30) ^ x;
    turned(first, second, 31)
}

fn turned(x: u64, y: u64, by: u32) -> u64 {
    let a = mix((x ^ y).wrapping_mul(K2));
    (y ^ a).wrapping_mul(K2).rotate_right(by).wrapping_mul(K2)
}
