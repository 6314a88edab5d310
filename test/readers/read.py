"""Reads a topic with librdkafka and fastavro alone and prints each committed record as a line of JSON."""
import json
import struct
import sys
import urllib.request
from io import BytesIO

import fastavro
from confluent_kafka import Consumer, KafkaError, TopicPartition

brokers, registry, topic = sys.argv[1:4]
schemas = {}


def schema(schema_id):
    if schema_id not in schemas:
        with urllib.request.urlopen(f"{registry}/schemas/ids/{schema_id}", timeout=20) as answer:
            schemas[schema_id] = fastavro.parse_schema(json.loads(json.load(answer)["schema"]))
    return schemas[schema_id]


def decode(value):
    magic, schema_id = struct.unpack(">bI", value[:5])
    assert magic == 0, "not a Confluent frame"
    rest = BytesIO(value[5:])
    record = fastavro.schemaless_reader(rest, schema(schema_id))
    assert rest.read() == b"", "bytes left over"
    return record


consumer = Consumer({
    "bootstrap.servers": brokers,
    "group.id": "independent-reader",
    "isolation.level": "read_committed",
    "enable.auto.commit": False,
    "enable.partition.eof": True,
    "auto.offset.reset": "earliest",
})
partitions = consumer.list_topics(topic, timeout=20).topics[topic].partitions
consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
open_partitions = set(partitions)
while open_partitions:
    message = consumer.poll(20)
    assert message is not None, "no answer from the broker in 20 s"
    if message.error():
        assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
        open_partitions.discard(message.partition())
        continue
    print(json.dumps({
        "partition": message.partition(),
        "key": message.key().decode() if message.key() else None,
        "headers": {name: value.decode() for name, value in message.headers() or []},
        "value": decode(message.value()),
    }, default=str))
consumer.close()
