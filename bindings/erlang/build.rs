//! The library's threads outlive its module: what they run must stay where it is when code is purged.
fn main() {
    let system = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if ["linux", "android", "freebsd", "netbsd", "openbsd"].contains(&&*system) {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
