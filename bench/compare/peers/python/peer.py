# SPDX-License-Identifier: Apache-2.0
"""What people would write instead of iotcardd, in Python: paho-mqtt and sqlite3, with prepared
statements (the module keeps them), WAL, one transaction and one event for each report. It has no
journal and no outbox: between the commit and the publication a crash loses the event.
peer.py PORT STORE MUTE_CONFIRMED(0|1)"""
import collections
import json
import re
import socket
import sqlite3
import sys
from datetime import datetime, timezone

import paho.mqtt.client as mqtt

port, path, mute_confirmed = int(sys.argv[1]), sys.argv[2], sys.argv[3] == "1"
db = sqlite3.connect(path, isolation_level=None)
for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "cache_size = -32768",
               "mmap_size = 268435456", "wal_autocheckpoint = 8192"):
    db.execute(f"PRAGMA {pragma}")
execute = db.cursor().execute

# A bare ICCID is no JSON: it gets its quotes first.
bare_iccid = re.compile(rb'"iccid"\s*:\s*([0-9A-Fa-f]+)')
sequence = 0
# paho-mqtt walks its list of messages for each acknowledgement if it has to bound them itself, and
# refuses those beyond 65,535.
waiting, in_flight, window = collections.deque(), 0, 500


def apply(device, payload, reported, now):
    execute("BEGIN IMMEDIATE")
    card = execute("SELECT platform, status FROM card WHERE iccid = ?", (reported,)).fetchone()
    iccid, since = execute("SELECT iccid, bound_since FROM device WHERE device = ?",
                           (device,)).fetchone() or (None, None)
    outcome = "mismatch/card_unknown"
    if card and iccid:
        outcome = "binding/confirmed" if iccid == reported else "mismatch/device_has_other_card"
    elif card:
        outcome = "mismatch/card_in_use"
        if not execute("SELECT device FROM device WHERE iccid = ?", (reported,)).fetchone():
            iccid, since = reported, now
            outcome = "binding/created"
    execute("INSERT INTO device VALUES (?, ?, ?, 1, ?, ?, ?) ON CONFLICT (device) DO UPDATE SET "
            "iccid = excluded.iccid, bound_since = excluded.bound_since, reports = reports + 1, "
            "last_seen = excluded.last_seen, reported = excluded.reported, "
            "payload = excluded.payload",
            (device, iccid, since, now, reported, payload.decode()))
    execute("COMMIT")
    return outcome, card


def on_message(client, _userdata, message):
    global sequence
    _, product, number, _ = message.topic.split("/", 3)
    device = f"{product}/{number}"
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    try:
        report = json.loads(bare_iccid.sub(rb'"iccid":"\1"', message.payload, 1))
        iccid = str(report.get("iccid") or "").upper()
    except ValueError as error:
        client.publish(f"peer/event/report/rejected/{device}", str(error), 1)
        return
    outcome, card = apply(device, message.payload, iccid, now)
    if mute_confirmed and outcome == "binding/confirmed":
        return
    sequence += 1
    waiting.append((f"peer/event/{outcome}/{device}", json.dumps({
        "specversion": "1.0", "id": f"peer:{sequence}", "source": "peer",
        "type": "peer." + outcome.replace("/", "."), "subject": device, "time": now,
        "data": {"device": {"product": product, "number": number}, "iccid": iccid,
                 "card": card and {"iccid": iccid, "platform": card[0], "status": card[1]}}})))
    if in_flight < window:
        publish(client)


def publish(client):
    global in_flight
    message = client.publish(*waiting.popleft(), 1)
    if message.rc != mqtt.MQTT_ERR_SUCCESS:
        sys.exit(f"an event is not published: {mqtt.error_string(message.rc)}")
    in_flight += 1


def on_publish(client, *_):
    global in_flight
    in_flight = max(in_flight - 1, 0)  # the status is not counted
    if waiting:
        publish(client)


def on_subscribe(client, *_):
    client.publish("peer/status", "online", 1, True)


def on_connect(client, *_):
    client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.subscribe("/+/+/info/post", 1)


client = mqtt.Client("peer")
client.max_inflight_messages_set(0)
client.on_connect, client.on_subscribe = on_connect, on_subscribe
client.on_message, client.on_publish = on_message, on_publish
client.connect("127.0.0.1", port)
client.loop_forever()
