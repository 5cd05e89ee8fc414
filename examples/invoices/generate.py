#!/usr/bin/env python3
"""Writes the demo's data: customers, invoices with line items, payments, later versions of some invoices, links and deletes.

usage: generate.py DIR [INVOICES] [SEED]      Deterministic; standard library only.
"""
import json
import os
import random
import sys

OUT = sys.argv[1]
INVOICES = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
RANDOM = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 7)
CUSTOMERS = max(10, INVOICES // 40)
ITEMS = [
    ("Widget", 19.99), ("Gadget", 49.5), ("Support plan", 299.0), ("Training day", 1200.0),
    ("Consulting (hour)", 150.0), ("Licence – année", 990.0), ("GPU hour", 2.49), ("Sticker", 0.5),
]
STATUSES = [("paid", 55), ("issued", 25), ("overdue", 12), ("draft", 5), ("void", 3)]


def write(name, rows):
    with open(os.path.join(OUT, name), "w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")


def invoice(number):
    items = []
    for _ in range(RANDOM.randint(1, 5)):
        description, price = RANDOM.choice(ITEMS)
        quantity = RANDOM.randint(1, 10)
        items.append({"sku": description.split()[0].upper(), "description": description, "quantity": quantity, "amount": round(price * quantity, 2)})
    return {
        "invoice_number": f"INV-{number:06d}",
        "customer": f"C-{RANDOM.randint(1, CUSTOMERS):05d}",
        "status": RANDOM.choices([s for s, _ in STATUSES], [w for _, w in STATUSES])[0],
        "amount": round(sum(item["amount"] for item in items), 2),
        "due_at": f"2026-{RANDOM.randint(1, 12):02d}-{RANDOM.randint(1, 28):02d}",
        "line_items": items,
    }


os.makedirs(OUT, exist_ok=True)
customers = [{"customer_id": f"C-{n:05d}", "name": f"Customer {n}", "tier": RANDOM.choice(["free", "pro", "enterprise"])} for n in range(1, CUSTOMERS + 1)]
invoices = [invoice(n) for n in range(1, INVOICES + 1)]
paid = [i for i in invoices if i["status"] == "paid"]
payments = [{"payment_number": f"PAY-{n:06d}", "amount": i["amount"], "invoice_number": i["invoice_number"]} for n, i in enumerate(paid[: INVOICES // 4], 1)]
write("customers.ndjson", customers)
write("invoices.ndjson", invoices)
write("payments.ndjson", payments)
# Two thousand invoices change: what was issued is now overdue.
issued = [i for i in invoices if i["status"] == "issued"][: INVOICES // 10]
write("invoices-changed.ndjson", [{**i, "status": "overdue"} for i in issued])
links = [
    {
        "type": "upsert_relationship", "rel_type": "payment_for",
        "source_collection": "payments", "source_external_id": p["payment_number"],
        "target_collection": "invoices", "target_external_id": p["invoice_number"],
        "data": {"allocated": p["amount"]},
    }
    for p in payments[:900]
]
void = [i for i in invoices if i["status"] == "void"][:100]
deletes = [{"type": "delete_document", "collection": "invoices", "external_id": i["invoice_number"]} for i in void]
with open(os.path.join(OUT, "batch.json"), "w", encoding="utf-8") as out:
    json.dump(links + deletes, out, ensure_ascii=False)
