//! Server-sent events: the data of each, as it comes.

use crate::ui::Problem;
use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};

/// Longest event that is taken; longer than any answer of the server.
const EVENT_BYTES_MAX: usize = 32 << 20;

/// The events of a stream.
pub(super) struct Events {
    body: BoxStream<'static, Result<Bytes, Problem>>,
    /// What came and was not looked at.
    waiting: Vec<u8>,
    /// Data of the event that is not complete yet.
    data: String,
}

impl Events {
    pub(super) fn new(body: BoxStream<'static, Result<Bytes, Problem>>) -> Self {
        Self { body, waiting: Vec::new(), data: String::new() }
    }

    /// The data of the next event that has any, in one line; none at the end. It may be dropped while it waits.
    pub(super) async fn next(&mut self) -> Result<Option<String>, Problem> {
        loop {
            while let Some(end) = self.waiting.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.waiting.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line);
                let line = line.trim_end_matches(['\r', '\n']);
                if line.is_empty() && !self.data.is_empty() {
                    return Ok(Some(std::mem::take(&mut self.data)));
                }
                if let Some(data) = line.strip_prefix("data:") {
                    self.data.push_str(data.strip_prefix(' ').unwrap_or(data));
                }
            }
            if self.waiting.len() + self.data.len() > EVENT_BYTES_MAX {
                return Err(Problem::network(
                    "the server sends an event without an end".to_owned(),
                ));
            }
            match self.body.next().await {
                Some(chunk) => self.waiting.extend_from_slice(&chunk?),
                None => return Ok(None),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn events_come_whole_however_they_are_cut() {
        let text = ": hello\n\nevent: message\r\ndata: {\"ä\":1}\r\n\r\nid: 1\ndata:2\ndata: 3\n\ndata: lost";
        for size in 1..text.len() {
            let chunks: Vec<Result<Bytes, Problem>> = text
                .as_bytes()
                .chunks(size)
                .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
                .collect();
            let mut events = Events::new(futures::stream::iter(chunks).boxed());
            assert_eq!(events.next().await.unwrap().as_deref(), Some("{\"ä\":1}"));
            assert_eq!(events.next().await.unwrap().as_deref(), Some("23"));
            assert_eq!(events.next().await.unwrap(), None);
        }
    }
}
