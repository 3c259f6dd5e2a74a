//! A cache, and how its tests hold Redis in hand. `cargo run --example cache` shows one at work.
use redis::{Client, RedisResult, TypedCommands as _};

/// The code under test: user names, loaded once and kept for a minute.
fn user_name(client: &Client, user: u32) -> RedisResult<String> {
    let key = format!("user:{user}");
    let Ok(mut connection) = client.get_connection() else { return Ok(load(user)) };
    if let Some(name) = connection.get(&key)? {
        return Ok(name);
    }
    let name = load(user);
    connection.set_ex(&key, &name, 60)?;
    Ok(name)
}

fn load(user: u32) -> String {
    format!("user {user} of the database")
}

#[expect(clippy::print_stdout, reason = "it is there to be looked at")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let redis = faux_redis::blocking::FauxRedis::start()?;
    let client = Client::open(redis.url())?;
    println!("{}\n{}\n", user_name(&client, 1)?, user_name(&client, 1)?);
    println!("{}", redis.transcript());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Client, load, user_name};

    // README begins here.
    use faux_redis::{Matcher, Pattern, blocking::FauxRedis};

    #[test]
    fn a_name_is_loaded_once_and_kept_for_a_minute() -> Result<(), Box<dyn std::error::Error>> {
        let redis = FauxRedis::start()?;
        redis.stub(Matcher::command("GET").arg("user:1")).reply("Ada"); // in the store's place
        redis.expect(Matcher::command("SETEX").arg("user:2").arg("60").arg(Pattern::Any)).times(1);
        let client = Client::open(redis.url())?;
        assert_eq!(user_name(&client, 1)?, "Ada");
        assert_eq!(user_name(&client, 2)?, "user 2 of the database");
        assert_eq!(user_name(&client, 2)?, "user 2 of the database");
        Ok(()) // dropping the server verifies the expectation
    }
    // README ends here.

    #[test]
    fn a_connection_that_breaks_is_an_error() -> Result<(), Box<dyn std::error::Error>> {
        let redis = FauxRedis::start()?;
        redis.stub("GET").reset(); // a fault: a RST in place of an answer
        let error = user_name(&Client::open(redis.url())?, 1).expect_err("the connection breaks");
        assert!(error.is_io_error(), "{error:?}");
        Ok(())
    }

    #[test]
    fn without_a_redis_names_are_loaded() -> Result<(), Box<dyn std::error::Error>> {
        let redis = FauxRedis::start()?;
        let client = Client::open(redis.url())?;
        redis.stop();
        assert_eq!(user_name(&client, 1)?, load(1));
        Ok(())
    }

    #[test]
    fn the_readme_shows_the_first_of_these_tests() {
        let source = include_str!("cache.rs");
        let (_, shown) = source.split_once("    // README begins here.\n").expect("it is marked");
        let (shown, _) = shown.split_once("    // README ends here.\n").expect("it is marked");
        let lines: Vec<_> =
            shown.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect();
        let shown = lines.join("\n");
        let readme = include_str!("../../README.md");
        assert!(
            readme.contains(&format!("```rust\n{shown}\n```\n")),
            "README.md must show:\n{shown}"
        );
    }
}
