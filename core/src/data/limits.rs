//! The thresholds at which a collection leaves its compact encoding.

/// What `*-max-*` parameters say, and which encodings the served version knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) hash_max_listpack_entries: usize,
    pub(crate) hash_max_listpack_value: usize,
    pub(crate) set_max_intset_entries: usize,
    pub(crate) set_max_listpack_entries: usize,
    pub(crate) set_max_listpack_value: usize,
    /// The sizes at which a stream begins a new node; no limit, if zero.
    pub(crate) stream_node_max_bytes: usize,
    pub(crate) stream_node_max_entries: usize,
    pub(crate) zset_max_listpack_entries: usize,
    pub(crate) zset_max_listpack_value: usize,
    /// Positive: entries a node; -1 to -5: 4 to 64 kilobytes a node.
    pub(crate) list_max_listpack_size: i64,
    /// Nodes at each end of a list that are never compressed; only CONFIG GET and DEBUG OBJECT tell of it.
    pub(crate) list_compress_depth: usize,
    /// Whether a small hash stays compact when a field gets a time to live: Redis does, Valkey does not.
    pub(crate) hash_listpackex: bool,
    /// Whether small sets of strings are listpacks: from Redis 7.2 on.
    pub(crate) set_listpack: bool,
    /// Whether small lists are listpacks and not quicklists of one node: from Redis 7.2 on.
    pub(crate) list_listpack: bool,
    /// Up to how many bytes a string shares one piece of memory with its key and its expiry: 64 from Valkey 8.1 on, 128
    /// from 9.1 on, and never on other servers.
    pub(crate) strings_with_keys: usize,
}

impl Default for Limits {
    /// The defaults of Redis 7.0 to 8.0 and Valkey 8.1, which agree, with the encodings of the newer ones.
    fn default() -> Limits {
        Limits {
            hash_max_listpack_entries: 512,
            hash_max_listpack_value: 64,
            set_max_intset_entries: 512,
            set_max_listpack_entries: 128,
            set_max_listpack_value: 64,
            stream_node_max_bytes: 4096,
            stream_node_max_entries: 100,
            zset_max_listpack_entries: 128,
            zset_max_listpack_value: 64,
            list_max_listpack_size: -2,
            list_compress_depth: 0,
            hash_listpackex: true,
            set_listpack: true,
            list_listpack: true,
            strings_with_keys: 0,
        }
    }
}

/// What was added to a collection since its encoding was last settled.
///
/// The real server looks at the limits only when it adds something, and only at what it adds: lowering a limit leaves
/// a collection as it is until the next addition.
#[derive(Clone, Debug, Default)]
pub(super) struct Growth {
    longest: Option<usize>,
    announced: usize,
}

impl Growth {
    pub(super) fn added(&mut self, len: usize) {
        self.longest = self.longest.max(Some(len));
    }

    /// A command that names many elements makes room for all of them, even if they turn out to be the same.
    pub(super) fn announced(&mut self, entries: usize) {
        self.announced = self.announced.max(entries);
    }

    /// Whether the additions since the last call go over a limit.
    pub(super) fn take_exceeds(
        &mut self,
        entries: usize,
        max_entries: usize,
        max_value: usize,
    ) -> bool {
        let Growth { longest, announced } = std::mem::take(self);
        announced > max_entries
            || longest.is_some_and(|longest| entries > max_entries || longest > max_value)
    }
}
