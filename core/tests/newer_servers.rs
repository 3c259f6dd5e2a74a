//! What only servers answer that are newer than those whose conversations are recorded.
mod support;

use faux_redis::blocking::FauxRedis;
use faux_redis::{Flavour, Version};
use support::Client;

fn serve(flavour: Flavour, version: Version) -> FauxRedis {
    let builder = faux_redis::FauxRedis::builder().flavour(flavour).version(version);
    FauxRedis::start_with(builder).expect("the server starts")
}

#[test]
fn redis_8_2_combines_bits_in_four_more_ways() {
    let redis = serve(Flavour::Redis, Version(8, 2, 0));
    let mut client = Client::connect(&redis);
    client.says("MSET a abc b b c ~", "+OK\r\n");
    for (request, result) in [
        ("BITOP DIFF d a b c", "\x01bc"),
        ("BITOP diff1 d a b c", "\x1e\0\0"),
        ("BITOP ANDOR d a b c", "`\0\0"),
        ("BITOP ONE d a b c", "\x1dbc"),
        ("BITOP ONE d a", "abc"),
    ] {
        client.says(request, ":3\r\n");
        client.says("GET d", &format!("$3\r\n{result}\r\n"));
    }
    client.says(
        "BITOP andor d a",
        "-ERR BITOP ANDOR must be called with at least two source keys.\r\n",
    );
    client.says("BITOP DIFF2 d a b", "-ERR syntax error\r\n");
}

#[test]
fn valkey_9_searches_polygons() {
    let valkey = serve(Flavour::Valkey, Version(9, 1, 2));
    let mut client = Client::connect(&valkey);
    let places = "13.361389 38.115556 Palermo 15.087269 37.502669 Catania";
    client.says(&format!("GEOADD g {places}"), ":2\r\n");
    let (triangle, square) = ("3 12 36 12 39 17 39", "4 12 36 12 39 17 39 17 36");
    let both = "*2\r\n$7\r\nPalermo\r\n$7\r\nCatania\r\n";
    client.says(&format!("GEOSEARCH g BYPOLYGON {square}"), both);
    client.says(
        &format!("GEOSEARCH g BYPOLYGON {triangle} WITHDIST WITHCOORD"),
        "*1\r\n*3\r\n$7\r\nPalermo\r\n$10\r\n26759.1404\r\n\
         *2\r\n$20\r\n13.36138933897018433\r\n$20\r\n38.11555639549629859\r\n",
    );
    client.says(
        &format!("GEOSEARCH g BYPOLYGON {square} COUNT 1 WITHDIST"),
        "*1\r\n*2\r\n$7\r\nCatania\r\n$10\r\n51878.2840\r\n",
    );
    client.says(&format!("GEOSEARCHSTORE d g BYPOLYGON {triangle}"), ":1\r\n");
    client.says(&format!("GEOSEARCH nokey BYPOLYGON {square}"), "*0\r\n");
}

#[test]
fn valkey_9_refuses_what_is_no_polygon() {
    let valkey = serve(Flavour::Valkey, Version(9, 1, 2));
    let mut client = Client::connect(&valkey);
    client.says("GEOADD g 1 1 a", ":1\r\n");
    let few = "-ERR GEOSEARCH BYPOLYGON must have at least 3 vertices\r\n";
    for (search, error) in [
        ("BYPOLYGON 2 0 0 0 1", few),
        ("BYPOLYGON 4 0 0 0 1 1 1", few),
        ("BYPOLYGON x 0 0 0 1 1 1", "-ERR invalid number of vertices\r\n"),
        ("BYPOLYGON 3 0 0 0 1 1 86", "-ERR invalid longitude,latitude pair 1.000000,86.000000\r\n"),
        ("BYPOLYGON 3 0 0 0 1 1 x", "-ERR value is not a valid float\r\n"),
        ("FROMMEMBER a BYPOLYGON 3 0 0 0 1 1 1", "-ERR syntax error\r\n"),
        ("BYPOLYGON 3 0 0 0 1 1 1 BYRADIUS 1 km", "-ERR syntax error\r\n"),
        ("ASC ASC ASC ASC BYPOLYGON 3", "-ERR syntax error\r\n"),
        ("FROMMEMBER b BYRADIUS 1 km", "-ERR member b does not exist\r\n"),
        (
            "FROMMEMBER a ASC ASC ASC",
            "-ERR exactly one of BYRADIUS, BYBOX and BYPOLYGON can be specified for GEOSEARCH\r\n",
        ),
    ] {
        client.says(&format!("GEOSEARCH g {search}"), error);
    }
}
