"""What a Celery worker over Redis holds and has not begun: no more than it may, and it gives it back when it stops."""

from pathlib import Path

from kombu import Connection, Queue
from redis import Redis

from config.celeryconfig import celery_options
from config.loading import load_settings


def test_a_stopped_worker_gives_back_what_it_holds_and_redis_keeps_no_list_of_it(
    valkey_url: str, tmp_path: Path
) -> None:
    settings = load_settings(
        data_dir=tmp_path, environ={"ORIEL_BROKER__URL": valkey_url, "ORIEL_STATE__URL": valkey_url}
    )
    options = celery_options(settings)["broker_transport_options"]
    queue, held = Queue("held", routing_key="held"), list[str]()
    with Connection(valkey_url, transport_options=options) as connection, connection.channel() as channel:
        producer = connection.Producer()
        for name in ("a", "b", "c"):
            producer.publish(name, routing_key="held", declare=[queue], serializer="json")
        consumer = connection.Consumer(
            [queue], callbacks=[lambda body, _message: held.append(body)], channel=channel, prefetch_count=2
        )
        with consumer:
            while len(held) < 2:
                connection.drain_events(timeout=2)
            assert held == ["a", "b"]
            redis = Redis.from_url(valkey_url)
            assert redis.llen("held") == 1
            assert not redis.exists("unacked", "unacked_index")
    assert redis.llen("held") == 3
    redis.close()
