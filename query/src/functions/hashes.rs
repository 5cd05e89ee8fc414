//! Hashes, bit for bit as ClickHouse computes them. Several arguments, and the members of a tuple, are joined from left to
//! right in the way of each hash.

mod farm;
mod farm_long;
mod murmur;

use super::{
    registry::Entry,
    text::{bytes, check, illegal, n, s, strict},
    udf::Call,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
    value::Value,
};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512, Sha512_256};
use siphasher::sip::SipHasher24;

/// All functions here.
pub(super) const NAMES: &[&str] = &[
    "CRC32",
    "CRC32IEEE",
    "CRC64",
    "MD5",
    "SHA1",
    "SHA224",
    "SHA256",
    "SHA384",
    "SHA512",
    "SHA512_256",
    "cityHash64",
    "farmFingerprint64",
    "farmHash64",
    "gccMurmurHash",
    "halfMD5",
    "hiveHash",
    "intHash32",
    "intHash64",
    "javaHash",
    "jumpConsistentHash",
    "murmurHash2_32",
    "murmurHash2_64",
    "murmurHash3_128",
    "murmurHash3_32",
    "murmurHash3_64",
    "sipHash64",
    "xxHash32",
    "xxHash64",
    "xxh3",
];

/// What ClickHouse answers for no arguments.
const OF_NOTHING: u64 = 0xe28d_bde7_fe22_e41c;

/// A hash of any values.
pub(super) struct Hash {
    bits: u8,
    of_bytes: fn(&[u8]) -> u64,
    /// Joins two hashes.
    joined: fn(u64, u64) -> u64,
    /// Whether integers have a hash of their own, and not that of their bytes.
    own_integers: bool,
    /// Longest text of which the hash is known.
    most: usize,
}

fn both(first: u64, second: u64) -> [u8; 16] {
    let mut out = [0; 16];
    let (low, high) = out.split_at_mut(8);
    low.copy_from_slice(&first.to_le_bytes());
    high.copy_from_slice(&second.to_le_bytes());
    out
}

fn sip(data: &[u8]) -> u64 {
    SipHasher24::new().hash(data)
}

fn half_md5(data: &[u8]) -> u64 {
    Md5::digest(data).first_chunk().map_or(0, |half| u64::from_be_bytes(*half))
}

fn murmur_3_64(data: &[u8]) -> u64 {
    let (a, b) = murmur::three_128(data);
    a ^ b
}

/// The hash of a name.
pub(super) fn hash(name: &str) -> Option<Hash> {
    let mixed: fn(u64, u64) -> u64 = |a, b| murmur::of_integer(a) ^ b;
    let mixed_32: fn(u64, u64) -> u64 = |a, b| u64::from(murmur::of_integer_32(a)) ^ b;
    let of = |bits, of_bytes, joined, own_integers| {
        let most = if name == "farmHash64" { 511 } else { usize::MAX };
        Some(Hash { bits, of_bytes, joined, own_integers, most })
    };
    match name {
        "cityHash64" => of(64, naive_cityhash::cityhash64, farm::combined, true),
        "farmHash64" => of(64, farm_long::hash, farm::combined, true),
        "farmFingerprint64" => of(64, farm::fingerprint, farm::combined_fingerprint, true),
        "sipHash64" => of(64, sip, |a, b| sip(&both(a, b)), false),
        "halfMD5" => of(64, half_md5, |a, b| half_md5(&both(a, b)), false),
        "xxHash32" => of(32, |data| xxhash_rust::xxh32::xxh32(data, 0).into(), mixed_32, false),
        "xxHash64" => of(64, |data| xxhash_rust::xxh64::xxh64(data, 0), farm::combined, false),
        "xxh3" => of(64, xxhash_rust::xxh3::xxh3_64, farm::combined, false),
        "murmurHash2_32" => of(32, |data| murmur::two_32(data, 0).into(), mixed_32, false),
        "murmurHash2_64" => of(64, |data| murmur::two_64(data, 0), mixed, false),
        "gccMurmurHash" => of(64, |data| murmur::two_64(data, 0xc70f_6907), mixed, false),
        "murmurHash3_32" => of(32, |data| murmur::three_32(data).into(), mixed_32, false),
        "murmurHash3_64" => of(64, murmur_3_64, mixed, false),
        _ => None,
    }
}

impl Hash {
    /// The hash of a text; none where it is not known.
    pub(super) fn of_text(&self, text: &[u8]) -> Option<u64> {
        (text.len() <= self.most).then(|| (self.of_bytes)(text))
    }

    /// The hash of an integer of a type of so many bytes, with zeros above them.
    pub(super) fn of_integer(&self, value: u64, size_bytes: usize) -> u64 {
        if self.own_integers {
            return murmur::of_integer(value);
        }
        (self.of_bytes)(value.to_le_bytes().get(..size_bytes).unwrap_or_default())
    }

    /// One hash of two.
    pub(super) fn join(&self, first: u64, second: u64) -> u64 {
        (self.joined)(first, second)
    }

    /// The hash of values in a row.
    fn all(&self, values: &[Value], types: &[ChType]) -> SqlResult<u64> {
        let mut whole = None;
        for (value, ty) in values.iter().zip(types) {
            let part = self.one(value, ty)?;
            whole = Some(whole.map_or(part, |whole| (self.joined)(whole, part)));
        }
        Ok(whole.unwrap_or(OF_NOTHING))
    }

    fn one(&self, value: &Value, ty: &ChType) -> SqlResult<u64> {
        if let (Value::Tuple(items), ChType::Tuple(fields)) = (value, ty) {
            let types: Vec<ChType> = fields.iter().map(|(_, ty)| ty.clone()).collect();
            return self.all(items, &types);
        }
        if let (Value::Array(items), ChType::Array(item)) = (value, ty) {
            let size = murmur::of_integer(items.len() as u64);
            return items
                .iter()
                .try_fold(size, |whole, value| Ok((self.joined)(whole, self.one(value, item)?)));
        }
        if let (Value::Map(pairs), ChType::Map(key, item)) = (value, ty) {
            let types = [(**key).clone(), (**item).clone()];
            let size = murmur::of_integer(pairs.len() as u64);
            return pairs.iter().try_fold(size, |whole, (key, value)| {
                Ok((self.joined)(whole, self.all(&[key.clone(), value.clone()], &types)?))
            });
        }
        let memory = memory(value, ty)
            .ok_or_else(|| illegal(0, ty, "a value that has a hash: text, numbers, times, UUID"))?;
        // Decimals and UUID are bytes for every hash.
        let plain = matches!(
            value,
            Value::Int(_) | Value::Bool(_) | Value::Float(_) | Value::Date(_) | Value::DateTime(_)
        ) || matches!(ty.strip_nullable(), ChType::Enum(..));
        if self.own_integers && plain {
            let mut all = [0; 8];
            all.iter_mut().zip(&memory).for_each(|(to, from)| *to = *from);
            return Ok(murmur::of_integer(u64::from_le_bytes(all)));
        }
        if memory.len() > self.most {
            let message = "ClickHouse's farmHash64 of 512 bytes or more depends on the processor; use farmFingerprint64";
            return Err(SqlError::new(ChCode::NotImplemented, message));
        }
        Ok((self.of_bytes)(&memory))
    }
}

/// A value as it lies in ClickHouse's memory.
fn memory(value: &Value, ty: &ChType) -> Option<Vec<u8>> {
    let sized = |value: i128, size: usize| value.to_le_bytes().get(..size).map(<[u8]>::to_vec);
    match (value, ty.strip_nullable()) {
        (Value::Bool(value), _) => Some(vec![u8::from(*value)]),
        (Value::Int(value), ChType::Int(bits) | ChType::UInt(bits)) => {
            sized(*value, usize::from(bits / 8))
        }
        #[expect(clippy::cast_possible_truncation, reason = "it was a Float32")]
        (Value::Float(value), ChType::Float(32)) => Some((*value as f32).to_le_bytes().to_vec()),
        (Value::Float(value), _) => Some(value.to_le_bytes().to_vec()),
        (Value::Date(days), ChType::Date32) => sized((*days).into(), 4),
        (Value::Date(days), _) => sized((*days).into(), 2),
        (Value::DateTime(seconds), _) => sized((*seconds).into(), 4),
        (Value::DateTime64(ticks, _), _) => sized((*ticks).into(), 8),
        (Value::Decimal(value, _), ChType::Decimal(precision, _)) => match precision {
            1..=9 => sized(*value, 4),
            10..=18 => sized(*value, 8),
            19..=38 => sized(*value, 16),
            _ => None,
        },
        (Value::String(text), ChType::Uuid) => {
            let (high, low) = uuid::Uuid::try_parse(text).ok()?.as_u64_pair();
            Some(both(high, low).to_vec())
        }
        (Value::String(text), ChType::Enum(bits, names)) => {
            let (_, number) = names.iter().find(|(name, _)| name == text)?;
            sized((*number).into(), usize::from(bits / 8))
        }
        (Value::String(text), _) => Some(crate::value::bytes_of(text).into_owned()),
        // Of a Dynamic: the type that JSON gives an integer.
        (Value::Int(value), _) => sized(*value, 8),
        _ => None,
    }
}

fn any_hash(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let hash = hash(&call.name)
        .ok_or_else(|| SqlError::new(ChCode::LogicalError, "a hash without a function"))?;
    let types: Vec<ChType> = call.args.iter().map(|ty| ty.strip_nullable().clone()).collect();
    n(hash.all(args, &types)?)
}

/// A digest of text.
macro_rules! digest {
    ($kind:ty, $size:literal) => {
        strict(
            1,
            1,
            |a| check(a, "s~", ChType::FixedString($size)),
            |_, a| s(<$kind>::digest(bytes(a, 0)).to_vec()),
        )
    };
}

/// The functions of fixed shape.
pub(super) fn entry(name: &str) -> Option<Entry> {
    if let Some(hash) = hash(name) {
        let ret = if hash.bits == 32 {
            |_: &[ChType]| Ok(ChType::UInt(32))
        } else {
            |_: &[ChType]| Ok(ChType::UInt(64))
        };
        return strict(0, 1024, ret, any_hash);
    }
    match name {
        "MD5" => digest!(Md5, 16),
        "SHA1" => digest!(Sha1, 20),
        "SHA224" => digest!(Sha224, 28),
        "SHA256" => digest!(Sha256, 32),
        "SHA384" => digest!(Sha384, 48),
        "SHA512" => digest!(Sha512, 64),
        "SHA512_256" => digest!(Sha512_256, 32),
        "murmurHash3_128" => strict(
            1,
            1,
            |a| check(a, "s", ChType::FixedString(16)),
            |_, a| {
                let (first, second) = murmur::three_128(&bytes(a, 0));
                s(both(first, second).to_vec())
            },
        ),
        "CRC32" => strict(1, 1, |a| check(a, "s", ChType::UInt(32)), |_, a| n(crc32(&bytes(a, 0)))),
        "CRC32IEEE" => {
            strict(1, 1, |a| check(a, "s", ChType::UInt(32)), |_, a| n(crc32_ieee(&bytes(a, 0))))
        }
        "CRC64" => strict(1, 1, |a| check(a, "s", ChType::UInt(64)), |_, a| n(crc64(&bytes(a, 0)))),
        "javaHash" | "hiveHash" => strict(1, 1, java_types, |call, a| {
            let mask = if call.name == "hiveHash" { 0x7FFF_FFFF } else { -1 };
            n(java(call, a) & mask)
        }),
        "intHash32" => strict(
            1,
            1,
            |a| check(a, "i", ChType::UInt(32)),
            |_, a| n(murmur::of_integer_32(super::text::int(a, 0).cast_unsigned())),
        ),
        "intHash64" => strict(
            1,
            1,
            |a| check(a, "i", ChType::UInt(64)),
            |_, a| n(murmur::of_integer(super::text::int(a, 0).cast_unsigned())),
        ),
        "jumpConsistentHash" => strict(2, 2, |a| check(a, "i", ChType::Int(32)), |_, a| jump(a)),
        _ => None,
    }
}

fn crc32(data: &[u8]) -> u32 {
    crc32fast::hash(data)
}

/// The polynomial of IEEE 802.3 without the inversions.
fn crc32_ieee(data: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(u32::MAX);
    hasher.update(data);
    !hasher.finalize()
}

/// The polynomial of ECMA-182, reflected.
fn crc64(data: &[u8]) -> u64 {
    data.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ u64::from(*byte), |crc, _| {
            crc >> 1 ^ (0xc96c_5795_d787_0f42 & 0_u64.wrapping_sub(crc & 1))
        })
    })
}

fn java_types(args: &[ChType]) -> SqlResult<ChType> {
    match args.first() {
        Some(ChType::Int(_)) => Ok(ChType::Int(32)),
        Some(ChType::UInt(_) | ChType::Float(_)) => Err(SqlError::new(
            ChCode::NotImplemented,
            "Java's hash codes are of signed integers and of text",
        )),
        _ => check(args, "s", ChType::Int(32)),
    }
}

/// Java's hash code of a text of bytes, and of integers.
#[expect(clippy::cast_possible_truncation, reason = "Java's hash codes have 32 bits")]
fn java(call: &Call, args: &[Value]) -> i32 {
    match args.first() {
        Some(Value::Int(value))
            if call.args.first().is_some_and(|ty| *ty.strip_nullable() == ChType::Int(64)) =>
        {
            let value = (*value as i64).cast_unsigned();
            ((value ^ value >> 32) as u32).cast_signed()
        }
        Some(Value::Int(value)) => *value as i32,
        _ => bytes(args, 0).iter().fold(0_i32, |hash, byte| {
            hash.wrapping_mul(31).wrapping_add(byte.cast_signed().into())
        }),
    }
}

/// The bucket of a key (J. Lamping, E. Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm").
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "the algorithm is stated so"
)]
fn jump(args: &[Value]) -> SqlResult<Value> {
    let buckets = super::text::int(args, 1);
    if !(1..=1 << 15).contains(&buckets) {
        return Err(super::text::bad(
            "The second argument of jumpConsistentHash is a number of buckets from 1 to 32768",
        ));
    }
    let mut key = super::text::int(args, 0).cast_unsigned();
    let (mut bucket, mut next) = (-1_i64, 0_i64);
    while next < buckets {
        bucket = next;
        key = key.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(1);
        next = ((bucket + 1) as f64 * ((1_i64 << 31) as f64 / ((key >> 33) + 1) as f64)) as i64;
    }
    n(bucket)
}
