//! FarmHash's fingerprint of 64 bits (Google), and how CityHash joins two hashes.

const K0: u64 = 0xc3a5_c85c_97cb_3127;
pub(super) const K1: u64 = 0xb492_b66f_be98_f273;
pub(super) const K2: u64 = 0x9ae1_6a3b_2f90_404f;

/// Eight bytes as a number; missing ones are 0.
pub(super) fn fetch(data: &[u8], at: usize) -> u64 {
    data.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

fn fetch_32(data: &[u8], at: usize) -> u64 {
    data.get(at..)
        .and_then(<[u8]>::first_chunk)
        .map_or(0, |bytes| u64::from(u32::from_le_bytes(*bytes)))
}

pub(super) fn mix(value: u64) -> u64 {
    value ^ value >> 47
}

pub(super) fn join(u: u64, v: u64, factor: u64) -> u64 {
    let a = mix((u ^ v).wrapping_mul(factor));
    mix((v ^ a).wrapping_mul(factor)).wrapping_mul(factor)
}

/// One hash of two, as CityHash and FarmHash compute it.
pub(in super::super) fn combined(first: u64, second: u64) -> u64 {
    join(first, second, 0x9ddf_ea08_eb38_2d69)
}

/// One fingerprint of two.
pub(in super::super) fn combined_fingerprint(first: u64, second: u64) -> u64 {
    const FACTOR: u64 = 0x9ddf_ea08_eb38_2d69;
    let a = mix((first ^ second).wrapping_mul(FACTOR));
    let b = (second ^ a).wrapping_mul(FACTOR);
    let b = (b ^ b >> 44).wrapping_mul(FACTOR);
    (b ^ b >> 41).wrapping_mul(FACTOR)
}

/// The fingerprint.
pub(in super::super) fn fingerprint(data: &[u8]) -> u64 {
    match data.len() {
        0..=16 => tiny(data),
        17..=32 => small(data),
        33..=64 => medium(data),
        _ => large(data),
    }
}

fn factor(data: &[u8]) -> u64 {
    K2.wrapping_add(2 * data.len() as u64)
}

fn tiny(data: &[u8]) -> u64 {
    let length = data.len() as u64;
    let byte = |at: usize| data.get(at).copied().map_or(0, u64::from);
    match data.len() {
        0 => K2,
        1..4 => {
            let y = byte(0) + (byte(data.len() / 2) << 8);
            let z = length + (byte(data.len() - 1) << 2);
            mix(y.wrapping_mul(K2) ^ z.wrapping_mul(K0)).wrapping_mul(K2)
        }
        4..8 => {
            join(length + (fetch_32(data, 0) << 3), fetch_32(data, data.len() - 4), factor(data))
        }
        _ => {
            let factor = factor(data);
            let (a, b) = (fetch(data, 0).wrapping_add(K2), fetch(data, data.len() - 8));
            let c = b.rotate_right(37).wrapping_mul(factor).wrapping_add(a);
            let d = a.rotate_right(25).wrapping_add(b).wrapping_mul(factor);
            join(c, d, factor)
        }
    }
}

/// Four words of the ends of the text, and two sums of them.
fn ends(data: &[u8]) -> (u64, u64, u64) {
    let (size, factor) = (data.len(), factor(data));
    let (a, b) = (fetch(data, 0).wrapping_mul(if size > 32 { K2 } else { K1 }), fetch(data, 8));
    let (c, d) =
        (fetch(data, size - 8).wrapping_mul(factor), fetch(data, size - 16).wrapping_mul(K2));
    let y = a.wrapping_add(b).rotate_right(43).wrapping_add(c.rotate_right(30)).wrapping_add(d);
    (a, y, a.wrapping_add(b.wrapping_add(K2).rotate_right(18)).wrapping_add(c))
}

fn small(data: &[u8]) -> u64 {
    let (_, first, second) = ends(data);
    join(first, second, factor(data))
}

fn medium(data: &[u8]) -> u64 {
    let (size, factor) = (data.len(), factor(data));
    let (a, y, second) = ends(data);
    let z = join(y, second, factor);
    let (e, f) = (fetch(data, 16).wrapping_mul(factor), fetch(data, 24));
    let g = y.wrapping_add(fetch(data, size - 32)).wrapping_mul(factor);
    let h = z.wrapping_add(fetch(data, size - 24)).wrapping_mul(factor);
    join(
        e.wrapping_add(f).rotate_right(43).wrapping_add(g.rotate_right(30)).wrapping_add(h),
        e.wrapping_add(f.wrapping_add(a).rotate_right(18)).wrapping_add(g),
        factor,
    )
}

/// The state over blocks of 64 bytes.
struct State {
    x: u64,
    y: u64,
    z: u64,
    v: (u64, u64),
    w: (u64, u64),
}

impl State {
    /// Takes a block. The last one has a factor of its own, and `last` is 9 for it.
    fn block(&mut self, data: &[u8], at: usize, factor: u64, last: u64) {
        let word = |offset: usize| fetch(data, at + offset);
        let sum = |terms: [u64; 4]| terms.into_iter().fold(0, u64::wrapping_add);
        let x = sum([self.x, self.y, self.v.0, word(8)]).rotate_right(37).wrapping_mul(factor);
        let y = sum([self.y, self.v.1, word(48), 0]).rotate_right(42).wrapping_mul(factor);
        self.x = x ^ self.w.1.wrapping_mul(last);
        self.y = sum([y, self.v.0.wrapping_mul(last), word(40), 0]);
        self.z = self.z.wrapping_add(self.w.0).rotate_right(33).wrapping_mul(factor);
        let (v, w) = (self.v, self.w);
        self.v = weak(data, at, v.1.wrapping_mul(factor), self.x.wrapping_add(w.0));
        self.w = weak(data, at + 32, self.z.wrapping_add(w.1), self.y.wrapping_add(word(16)));
        std::mem::swap(&mut self.x, &mut self.z);
    }
}

/// 32 bytes and two seeds as two numbers.
pub(super) fn weak(data: &[u8], at: usize, a: u64, b: u64) -> (u64, u64) {
    let word = |i: usize| fetch(data, at + 8 * i);
    let start = a.wrapping_add(word(0));
    let b = b.wrapping_add(start).wrapping_add(word(3)).rotate_right(21);
    let a = start.wrapping_add(word(1)).wrapping_add(word(2));
    (a.wrapping_add(word(3)), b.wrapping_add(a.rotate_right(44)).wrapping_add(start))
}

fn large(data: &[u8]) -> u64 {
    const SEED: u64 = 81;
    let y = SEED.wrapping_mul(K1).wrapping_add(113);
    let z = mix(y.wrapping_mul(K2).wrapping_add(113)).wrapping_mul(K2);
    let x = SEED.wrapping_mul(K2).wrapping_add(fetch(data, 0));
    let mut state = State { x, y, z, v: (0, 0), w: (0, 0) };
    let rest = (data.len() - 1) % 64;
    let end = data.len() - 1 - rest;
    for at in (0..end).step_by(64) {
        state.block(data, at, K1, 1);
    }
    let factor = K1.wrapping_add((state.z & 0xff) << 1);
    state.w.0 = state.w.0.wrapping_add(rest as u64);
    state.v.0 = state.v.0.wrapping_add(state.w.0);
    state.w.0 = state.w.0.wrapping_add(state.v.0);
    state.block(data, data.len() - 64, factor, 9);
    join(
        join(state.v.0, state.w.0, factor)
            .wrapping_add(mix(state.y).wrapping_mul(K0))
            .wrapping_add(state.z),
        join(state.v.1, state.w.1, factor).wrapping_add(state.x),
        factor,
    )
}
