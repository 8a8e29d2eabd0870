# SPDX-License-Identifier: Apache-2.0
"""Publishes the lines of standard input, each a topic, a blank and a payload, at QoS 1, and ends when
the broker has acknowledged all. publish.py PORT"""
import sys
import threading

import paho.mqtt.client as mqtt

window = threading.BoundedSemaphore(500)
client = mqtt.Client(client_id="bench-publish")
client.max_inflight_messages_set(1000)
client.on_publish = lambda *_: window.release()
client.connect("127.0.0.1", int(sys.argv[1]))
client.loop_start()
for line in sys.stdin:
    topic, payload = line.rstrip("\n").split(" ", 1)
    window.acquire()
    client.publish(topic, payload, qos=1)
for _ in range(500):
    window.acquire()
client.disconnect()
client.loop_stop()
