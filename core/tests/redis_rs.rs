//! redis-rs with its own ways of connecting: both protocols, blocking and asynchronous.
use redis::aio::ConnectionManager;
use redis::{AsyncTypedCommands as _, TypedCommands as _};
use tokio::task::JoinSet;

/// The application's address under either protocol.
fn urls(redis: &faux_redis::FauxRedis) -> [String; 2] {
    [redis.url(), format!("{}?protocol=resp3", redis.url())]
}

#[test]
fn a_connection_works_with_its_default_handshake() -> redis::RedisResult<()> {
    let redis = faux_redis::blocking::FauxRedis::start().expect("a port is free");
    for url in urls(&redis) {
        let mut connection = redis::Client::open(url)?.get_connection()?;
        connection.flushall()?;
        connection.set("k", "v")?;
        assert_eq!(connection.get("k")?.as_deref(), Some("v"));
        connection.hset("h", "f", 1)?;
        assert_eq!(connection.hgetall("h")?.get("f").map(String::as_str), Some("1"));
        connection.zadd("z", "a", 1.5)?;
        assert_eq!(connection.zscore("z", "a")?, Some(1.5));
        let counted: (i64, i64) =
            redis::pipe().atomic().incr("n", 1).incr("n", 1).query(&mut connection)?;
        assert_eq!(counted, (1, 2));
        let error = connection.lpush("k", "x").expect_err("a string is no list");
        assert_eq!(error.code(), Some("WRONGTYPE"));
    }
    Ok(())
}

#[test]
fn messages_reach_a_subscriber() -> redis::RedisResult<()> {
    let redis = faux_redis::blocking::FauxRedis::start().expect("a port is free");
    for url in urls(&redis) {
        let client = redis::Client::open(url)?;
        let (mut subscriber, mut publisher) = (client.get_connection()?, client.get_connection()?);
        let mut subscription = subscriber.as_pubsub();
        subscription.subscribe("news")?;
        assert_eq!(publisher.publish("news", "rain")?, 1);
        assert_eq!(subscription.get_message()?.get_payload::<String>()?, "rain");
    }
    Ok(())
}

#[tokio::test]
async fn requests_share_a_multiplexed_connection() -> redis::RedisResult<()> {
    let redis = faux_redis::FauxRedis::start().await.expect("a port is free");
    for url in urls(&redis) {
        let client = redis::Client::open(url)?;
        let mut connection = client.get_multiplexed_async_connection().await?;
        connection.flushall().await?;
        let mut raising = JoinSet::new();
        for _ in 0..20 {
            let mut shared = connection.clone();
            raising.spawn(async move { shared.incr("n", 1).await });
        }
        let raised: redis::RedisResult<Vec<_>> = raising.join_all().await.into_iter().collect();
        let mut raised = raised?;
        raised.sort_unstable();
        assert_eq!(raised, (1..=20).collect::<Vec<_>>());
    }
    Ok(())
}

#[tokio::test]
async fn a_connection_manager_comes_back_after_a_reset() -> redis::RedisResult<()> {
    let redis = faux_redis::FauxRedis::start().await.expect("a port is free");
    let mut manager = ConnectionManager::new(redis::Client::open(redis.url())?).await?;
    redis.stub("GET").reset().times(1);
    let error = manager.get("k").await.expect_err("the connection is reset");
    assert!(error.is_connection_dropped() || error.is_io_error(), "{error:?}");
    manager.set("k", "v").await?;
    assert_eq!(manager.get("k").await?.as_deref(), Some("v"));
    assert_eq!(redis.calls_of("GET").await.len(), 2);
    Ok(())
}
