//! Columns of text: read, cut without a copy, or written one behind another.

use crate::functions::udf::Call;
use datafusion::{
    arrow::{
        array::{
            Array, ArrayRef, AsArray, ByteView, PrimitiveArray, StringArray, StringViewArray,
            make_view,
        },
        buffer::{Buffer, NullBuffer, OffsetBuffer},
        datatypes::ArrowPrimitiveType,
    },
    logical_expr::ColumnarValue,
};
use rekor_core::limits;
use std::sync::Arc;

/// Longest text that stands in its view and not in a buffer.
const INLINE_BYTES_MAX: usize = 12;

/// What all characters begin with that stand for bytes which are no text (`crate::value::bytes_of`).
const FIRST_BYTE_OF_BYTES: u8 = 0xF4;

/// Whether no text stands for bytes that are no text: then its bytes are what functions compute with.
pub(super) fn is_plain(text: &str) -> bool {
    memchr::memchr(FIRST_BYTE_OF_BYTES, text.as_bytes()).is_none()
}

/// Whether all texts are ASCII.
pub(super) fn is_ascii(texts: &StringViewArray) -> bool {
    /// The high bits of the bytes that stand in a view behind its length.
    const HIGH_BITS: u128 = 0x8080_8080_8080_8080_8080_8080_0000_0000;
    let inline = |view: u128| view & u128::from(u32::MAX) <= INLINE_BYTES_MAX as u128;
    texts.views().iter().enumerate().all(|(row, view)| {
        if inline(*view) { view & HIGH_BITS == 0 } else { text_at(texts, row).is_ascii() }
    })
}

/// An argument of text.
#[derive(Clone, Copy, Debug)]
pub(super) enum Text<'a> {
    Column(&'a StringViewArray),
    Constant(&'a str),
}

impl<'a> Text<'a> {
    /// The argument, if it is plain text.
    pub(super) fn of(arg: &'a ColumnarValue) -> Option<Self> {
        match arg {
            ColumnarValue::Array(column) => {
                let texts = column.as_string_view_opt()?;
                let plain = is_ascii(texts) || texts.iter().flatten().all(is_plain);
                plain.then_some(Self::Column(texts))
            }
            ColumnarValue::Scalar(value) => {
                value.try_as_str().flatten().filter(|text| is_plain(text)).map(Self::Constant)
            }
        }
    }

    /// The text of a row, empty where it is NULL.
    pub(super) fn at(&self, row: usize) -> &'a str {
        match self {
            Self::Column(texts) => text_at(texts, row),
            Self::Constant(text) => text,
        }
    }
}

/// Plain texts of all arguments.
pub(super) fn all_of<'a>(call: &Call, args: &'a [ColumnarValue]) -> Option<Vec<Text<'a>>> {
    let is_text = |ty: &crate::types::ChType| *ty.strip_nullable() == crate::types::ChType::String;
    if !call.args.iter().all(is_text) {
        return None;
    }
    args.iter().map(Text::of).collect()
}

/// What stands in the array; nothing under a NULL.
pub(super) fn text_at(texts: &StringViewArray, row: usize) -> &str {
    if texts.is_null(row) { "" } else { texts.value(row) }
}

/// A number of each text.
pub(super) fn numbers<T: ArrowPrimitiveType>(
    texts: &StringViewArray,
    mut number: impl FnMut(&str) -> T::Native,
) -> Option<ArrayRef> {
    let values = (0..texts.len()).map(|row| number(text_at(texts, row)));
    let values: Vec<T::Native> = values.collect();
    Some(Arc::new(PrimitiveArray::<T>::new(values.into(), texts.nulls().cloned())))
}

/// Parts of the texts; none, if a part would begin or end within a character.
pub(super) fn cut(
    texts: &StringViewArray,
    mut part: impl FnMut(&[u8]) -> &[u8],
) -> Option<ArrayRef> {
    let mut parts = Parts::of(texts, texts.len());
    for row in 0..texts.len() {
        parts.push(row, part(text_at(texts, row).as_bytes()))?;
    }
    parts.finish(texts.nulls().cloned())
}

/// Parts of texts, which stay where they are.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    texts: &'a StringViewArray,
    views: Vec<u128>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(texts: &'a StringViewArray, count: usize) -> Self {
        Self { texts, views: Vec::with_capacity(count) }
    }

    /// How many parts there are.
    pub(super) fn len(&self) -> usize {
        self.views.len()
    }

    /// Adds a part of the text of a row, or some text that is short.
    pub(super) fn push(&mut self, row: usize, part: &[u8]) -> Option<()> {
        self.views.push(if part.len() <= INLINE_BYTES_MAX {
            make_view(part, 0, 0)
        } else {
            let whole = ByteView::from(*self.texts.views().get(row)?);
            let start = part.as_ptr().addr().checked_sub(self.texts.value(row).as_ptr().addr())?;
            let offset = whole.offset.checked_add(u32::try_from(start).ok()?)?;
            make_view(part, whole.buffer_index, offset)
        });
        Some(())
    }

    /// The parts, if all of them are text.
    pub(super) fn finish(self, nulls: Option<NullBuffer>) -> Option<ArrayRef> {
        let buffers = self.texts.data_buffers().to_vec();
        let parts = StringViewArray::try_new(self.views.into(), buffers, nulls).ok()?;
        Some(Arc::new(parts))
    }
}

/// New texts, written one behind another.
#[derive(Debug)]
pub(super) struct Texts {
    all: Vec<u8>,
    ends: Vec<i32>,
}

impl Texts {
    /// Room for texts of a usual length.
    fn with_capacity(count: usize) -> Self {
        /// Where nothing is known of texts; more is allocated as it is needed.
        const USUAL_BYTES: usize = 16;
        let mut ends = Vec::with_capacity(count + 1);
        ends.push(0);
        Self { all: Vec::with_capacity(USUAL_BYTES * count), ends }
    }

    /// Writes one text behind the others; none, if they become more than a call may make.
    fn write(&mut self, text: impl FnOnce(&mut Vec<u8>)) -> Option<()> {
        text(&mut self.all);
        if self.all.len() > limits::SQL_CALL_BYTES_MAX {
            return None;
        }
        self.ends.push(i32::try_from(self.all.len()).ok()?);
        Some(())
    }

    /// The texts as a column, if all of them are text.
    fn finish(self, nulls: Option<NullBuffer>) -> Option<ArrayRef> {
        let (ends, bytes) = (OffsetBuffer::new(self.ends.into()), Buffer::from_vec(self.all));
        let texts = StringArray::try_new(ends, bytes, nulls).ok()?;
        Some(Arc::new(StringViewArray::from(&texts)))
    }
}

/// New texts made of old ones, each written behind what `change` finds in its buffer.
pub(super) fn changed(
    texts: &StringViewArray,
    change: impl Fn(&[u8], &mut Vec<u8>),
) -> Option<ArrayRef> {
    written(texts.len(), texts.nulls().cloned(), |row, out| {
        change(texts.value(row).as_bytes(), out);
    })
}

/// The texts with all of their bytes changed at once.
pub(super) fn recased(texts: &StringViewArray, change: fn(&mut [u8])) -> Option<ArrayRef> {
    let mut out = Texts::with_capacity(texts.len());
    for row in 0..texts.len() {
        out.write(|out| out.extend_from_slice(text_at(texts, row).as_bytes()))?;
    }
    change(&mut out.all);
    out.finish(texts.nulls().cloned())
}

/// Texts made for each row that is not NULL.
pub(super) fn written(
    row_count: usize,
    nulls: Option<NullBuffer>,
    mut write: impl FnMut(usize, &mut Vec<u8>),
) -> Option<ArrayRef> {
    let mut out = Texts::with_capacity(row_count);
    for row in 0..row_count {
        let null = nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
        out.write(|out| {
            if !null {
                write(row, out);
            }
        })?;
    }
    out.finish(nulls)
}
