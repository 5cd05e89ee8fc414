//! kill -9 during promotions, and what must be true afterwards: all of it happened, or nothing.

use super::server::{Root, Server, expect, send, shop, sql};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Instant};

const COLLECTIONS: usize = 50;

fn names() -> Vec<String> {
    (0..COLLECTIONS).map(|n| format!("c{n}")).collect()
}

/// Gives every collection of the preview the description `round`.
fn prepare(port: u16, round: u64) {
    let operations: Vec<Value> = names()
        .iter()
        .map(|id| json!({"type": "upsert_collection", "id": id, "description": round.to_string()}))
        .collect();
    expect(port, "POST", "/v1/shop--p/batch", &json!({"operations": operations}));
}

fn promote(port: u16) -> Option<(u16, Value)> {
    let body = json!({"from": "shop--p"}).to_string();
    send(port, "POST", "/v1/databases/shop/promote", &body)
}

/// The configuration of production in canonical order, without versions and times, which go on.
fn configuration(port: u16) -> Vec<Value> {
    let list = expect(port, "GET", "/v1/shop/collections?limit=1000", &Value::Null);
    let mut collections = list["data"].as_array().unwrap().clone();
    for collection in &mut collections {
        let members = collection.as_object_mut().unwrap();
        for name in ["version", "created_at", "updated_at"] {
            members.remove(name).unwrap();
        }
    }
    collections.sort_by_key(|collection| collection["id"].to_string());
    collections
}

/// The round that production is at; all collections must agree.
fn round_of(port: u16) -> u64 {
    let rounds: BTreeSet<String> =
        configuration(port).iter().map(|c| c["description"].as_str().unwrap().to_owned()).collect();
    assert_eq!(rounds.len(), 1, "half a promotion: {rounds:?}");
    rounds.first().unwrap().parse().unwrap()
}

fn applied(port: u16) -> u64 {
    let list = expect(port, "GET", "/v1/databases/shop/promotions?limit=1000", &Value::Null);
    list["data"].as_array().unwrap().iter().filter(|p| p["status"] == "applied").count() as u64
}

/// Kills the server at `kills` moments of a promotion, from before it is read to after it is answered.
pub(crate) fn promotions_are_atomic(root: &Root, kills: u32) -> String {
    let server = Server::start(root);
    let names = names();
    shop(server.port, &names.iter().map(String::as_str).collect::<Vec<_>>());
    prepare(server.port, 1);
    let began = Instant::now();
    assert_eq!(promote(server.port).unwrap().0, 200);
    let duration = began.elapsed();
    // The first one made the collections, the second described them.
    let (mut round, mut count) = (1, applied(server.port));
    assert_eq!((round_of(server.port), count), (1, 2));
    server.kill();
    let mut halfway = 0;
    for kill in 0..kills {
        let server = Server::start(root);
        prepare(server.port, round + 1);
        let port = server.port;
        let answer = std::thread::spawn(move || promote(port));
        std::thread::sleep(duration * kill * 3 / kills);
        // The last one is killed after the answer.
        while kill + 1 == kills && !answer.is_finished() {
            std::thread::yield_now();
        }
        server.kill();
        let acknowledged = match answer.join().unwrap() {
            Some((200, _)) => true,
            Some((status, answer)) => panic!("{status} {answer}"),
            None => false,
        };
        let server = Server::start(root);
        let (now, records) = (round_of(server.port), applied(server.port));
        assert!(now == round || now == round + 1, "production went from {round} to {now}");
        assert!(now == round + 1 || !acknowledged, "an acknowledged promotion is lost");
        assert_eq!(records, count + (now - round), "the record and the configuration disagree");
        halfway += u64::from(now == round);
        (round, count) = (now, records);
        server.kill();
    }

    assert!(halfway > 0 && halfway < u64::from(kills), "no kill before, or none after it counted");

    // A rollback restores the same configuration, and keeps what was written meanwhile.
    let server = Server::start(root);
    let before = configuration(server.port);
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
    expect(
        server.port,
        "PUT",
        "/v1/shop--p/collections/c0",
        &json!({"json_schema": schema, "icon": "x"}),
    );
    expect(server.port, "PUT", "/v1/shop--p/collections/extra", &json!({}));
    let (status, promotion) = promote(server.port).unwrap();
    assert_eq!(status, 200, "{promotion}");
    assert_ne!(configuration(server.port), before);
    expect(server.port, "PUT", "/v1/shop/documents/c0", &json!({"data": {"n": 1}}));
    expect(
        server.port,
        "POST",
        "/v1/databases/shop/rollback",
        &json!({"promotion_id": promotion["id"]}),
    );
    assert_eq!(json!(configuration(server.port)).to_string(), json!(before).to_string());
    assert_eq!(sql(server.port, "SELECT data.n AS n FROM documents"), vec![json!({"n": 1})]);
    format!(
        "{kills} kills during promotions of {COLLECTIONS} collections, {halfway} before they counted: each whole or nothing"
    )
}
