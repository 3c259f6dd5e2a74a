//! The lines of INFO. What has no meaning here is told as a real server does that never used it.
use super::{Facts, Field, Tells};
use crate::double::Condition;
use crate::engine::PauseScope;
use crate::engine::Session;
use crate::persona::servers::{EVERYWHERE, NEW, OLD, VALKEY, VALKEY_9};

const fn always(name: &'static str, value: &'static str) -> Field {
    Field { name, servers: EVERYWHERE, tells: Tells::Always(value) }
}

const fn now(name: &'static str, tell: fn(&Facts<'_>) -> String) -> Field {
    Field { name, servers: EVERYWHERE, tells: Tells::Now(tell) }
}

const fn of_aof(name: &'static str, tell: fn(&Facts<'_>) -> String) -> Field {
    Field { name, servers: EVERYWHERE, tells: Tells::OfAof(tell) }
}

#[rustfmt::skip]
pub(super) const SERVER: &[Field] = &[
    now("redis_version", |f| f.node.persona.redis_version().to_string()),
    always("server_name", "valkey").on(VALKEY),
    now("valkey_version", |f| f.node.persona.version.to_string()).on(VALKEY),
    always("valkey_release_stage", "ga").on(VALKEY),
    always("redis_git_sha1", "00000000"),
    always("redis_git_dirty", "0"),
    always("redis_build_id", "0"),
    always("redis_mode", "standalone").on(OLD | NEW),
    always("server_mode", "standalone").on(VALKEY),
    now("os", |_| format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)),
    always("arch_bits", if usize::BITS == 64 { "64" } else { "32" }),
    always("monotonic_clock", "POSIX clock_gettime"),
    always("multiplexing_api", "epoll"),
    always("atomicvar_api", "c11-builtin").on(OLD | NEW),
    always("gcc_version", "0.0.0"),
    now("process_id", |_| std::process::id().to_string()),
    always("process_supervised", "no"),
    now("run_id", |f| f.node.run_id.clone()),
    now("tcp_port", |f| f.node.config.text("port").to_owned()),
    now("server_time_usec", |f| f.node.now.to_string()),
    now("uptime_in_seconds", |f| f.uptime_seconds().to_string()),
    now("uptime_in_days", |f| (f.uptime_seconds() / 86_400).to_string()),
    now("hz", |f| f.node.config.text("hz").to_owned()),
    now("configured_hz", |f| f.node.config.text("hz").to_owned()),
    now("clients_hz", |f| f.node.config.text("hz").to_owned()).on(VALKEY),
    now("lru_clock", |f| (f.node.now.div_euclid(1_000_000) & 0x00ff_ffff).to_string()),
    always("executable", ""),
    always("config_file", ""),
    always("io_threads_active", "0"),
    now("availability_zone", |f| f.node.config.text("availability-zone").to_owned()).on(VALKEY),
    now("listener0", |f| format!("name=tcp,bind={},port={}", f.node.config.text("bind"), f.node.config.text("port"))).on(NEW | VALKEY),
];

#[rustfmt::skip]
pub(super) const CLIENTS: &[Field] = &[
    now("connected_clients", |f| f.count(|session| !session.is_replica())),
    always("cluster_connections", "0"),
    now("maxclients", |f| f.node.config.text("maxclients").to_owned()),
    always("client_recent_max_input_buffer", "0"),
    always("client_recent_max_output_buffer", "0"),
    now("blocked_clients", |f| f.count(Session::is_blocked)),
    always("tracking_clients", "0"),
    now("pubsub_clients", |f| f.count(Session::is_subscriber)).on(NEW | VALKEY),
    now("watching_clients", |f| f.count(|session| !session.watched.is_empty())).on(NEW | VALKEY),
    now("clients_in_timeout_table", |f| f.waiters.with_deadline().to_string()),
    now("total_watched_keys", |f| f.clients.watched_keys().to_string()).on(NEW | VALKEY),
    now("total_blocking_keys", |f| f.waiters.keys().to_string()).on(NEW | VALKEY),
    now("total_blocking_keys_on_nokey", |f| f.waiters.keys_until_gone().to_string()).on(NEW | VALKEY),
    now("paused_reason", |f| f.paused("none", "client_pause", "client_pause")).on(VALKEY),
    now("paused_actions", |f| f.paused("none", "write", "all")).on(VALKEY),
    now("paused_timeout_milliseconds", |f| f.pause_ms().to_string()).on(VALKEY),
];

#[rustfmt::skip]
pub(super) const MEMORY: &[Field] = &[
    now("used_memory", |f| f.store.bytes().to_string()),
    now("used_memory_human", |f| human(f.store.bytes())),
    now("used_memory_rss", |f| f.store.bytes().to_string()),
    now("used_memory_rss_human", |f| human(f.store.bytes())),
    now("used_memory_peak", |f| f.store.bytes().to_string()),
    now("used_memory_peak_human", |f| human(f.store.bytes())),
    always("used_memory_peak_perc", "100.00%"),
    now("used_memory_overhead", |f| f.store.bytes_at_start().to_string()),
    now("used_memory_startup", |f| f.store.bytes_at_start().to_string()),
    now("used_memory_dataset", |f| (f.store.bytes() - f.store.bytes_at_start()).to_string()),
    now("used_memory_dataset_perc", |f| if f.store.bytes() > f.store.bytes_at_start() { "100.00%" } else { "0.00%" }.to_owned()),
    now("allocator_allocated", |f| f.store.bytes().to_string()),
    now("allocator_active", |f| f.store.bytes().to_string()),
    now("allocator_resident", |f| f.store.bytes().to_string()),
    always("allocator_muzzy", "0").on(NEW | VALKEY),
    always("total_system_memory", "0"),
    always("total_system_memory_human", "0B"),
    always("used_memory_lua", "0"),
    always("used_memory_vm_eval", "0"),
    always("used_memory_lua_human", "0B"),
    always("used_memory_scripts_eval", "0"),
    always("number_of_cached_scripts", "0"),
    always("number_of_functions", "0"),
    always("number_of_libraries", "0"),
    always("used_memory_vm_functions", "0"),
    always("used_memory_vm_total", "0"),
    always("used_memory_vm_total_human", "0B"),
    always("used_memory_functions", "0"),
    always("used_memory_scripts", "0"),
    always("used_memory_scripts_human", "0B"),
    now("maxmemory", |f| f.node.config.text("maxmemory").to_owned()),
    now("maxmemory_human", |f| human(f.node.config.size("maxmemory"))),
    now("maxmemory_policy", |f| f.node.config.text("maxmemory-policy").to_owned()),
    always("allocator_frag_ratio", "1.00"),
    always("allocator_frag_bytes", "0"),
    always("allocator_rss_ratio", "1.00"),
    always("allocator_rss_bytes", "0"),
    always("rss_overhead_ratio", "1.00"),
    always("rss_overhead_bytes", "0"),
    always("mem_fragmentation_ratio", "1.00"),
    always("mem_fragmentation_bytes", "0"),
    always("mem_not_counted_for_evict", "0"),
    always("mem_replication_backlog", "0"),
    always("mem_total_replication_buffers", "0"),
    always("mem_replica_full_sync_buffer", "0").on(NEW),
    always("mem_replicas_repl_buffer", "0").on(VALKEY_9),
    always("mem_clients_slaves", "0"),
    now("mem_clients_normal", |f| f.clients.iter().map(|session| session.unsent).sum::<usize>().to_string()),
    always("mem_cluster_links", "0"),
    always("mem_cluster_slot_import", "0").on(VALKEY_9),
    always("mem_cluster_slot_export", "0").on(VALKEY_9),
    always("mem_aof_buffer", "0"),
    always("mem_allocator", "libc"),
    always("mem_overhead_db_hashtable_rehashing", "0").on(NEW | VALKEY),
    always("active_defrag_running", "0"),
    always("lazyfree_pending_objects", "0"),
    always("lazyfreed_objects", "0"),
];

#[rustfmt::skip]
pub(super) const PERSISTENCE: &[Field] = &[
    now("loading", |f| u8::from(f.node.is_in(Condition::Loading)).to_string()),
    always("async_loading", "0"),
    always("current_cow_peak", "0"),
    always("current_cow_size", "0"),
    always("current_cow_size_age", "0"),
    always("current_fork_perc", "0.00"),
    always("current_save_keys_processed", "0"),
    always("current_save_keys_total", "0"),
    now("rdb_changes_since_last_save", |f| f.store.counts.dirty.to_string()),
    now("rdb_bgsave_in_progress", |f| u8::from(f.node.persistence.is_saving).to_string()),
    now("rdb_last_save_time", |f| f.node.saved_at_s().to_string()),
    now("rdb_last_bgsave_status", |f| if f.node.persistence.has_failed { "err" } else { "ok" }.to_owned()),
    now("rdb_last_bgsave_time_sec", |f| if f.node.persistence.has_saved_aside { "0" } else { "-1" }.to_owned()),
    always("rdb_current_bgsave_time_sec", "-1"),
    now("rdb_saves", |f| f.node.persistence.saves.to_string()),
    always("rdb_last_cow_size", "0"),
    now("rdb_last_load_keys_expired", |f| f.node.persistence.expired.to_string()),
    now("rdb_last_load_keys_loaded", |f| f.node.persistence.loaded.to_string()),
    now("aof_enabled", |f| u8::from(f.node.aof.is_on()).to_string()),
    always("aof_rewrite_in_progress", "0"),
    always("aof_rewrite_scheduled", "0"),
    now("aof_last_rewrite_time_sec", |f| if f.node.aof.rewrites > 0 { "0" } else { "-1" }.to_owned()),
    always("aof_current_rewrite_time_sec", "-1"),
    always("aof_last_bgrewrite_status", "ok"),
    now("aof_rewrites", |f| f.node.aof.rewrites.to_string()),
    always("aof_rewrites_consecutive_failures", "0"),
    always("aof_last_write_status", "ok"),
    always("aof_last_cow_size", "0"),
    always("module_fork_in_progress", "0"),
    always("module_fork_last_cow_size", "0"),
    always("slot_migration_fork_in_progress", "0").on(VALKEY_9),
    of_aof("aof_current_size", |f| f.node.aof.sizes().1.to_string()),
    of_aof("aof_base_size", |f| f.node.aof.sizes().0.to_string()),
    of_aof("aof_pending_rewrite", |_| "0".to_owned()),
    of_aof("aof_buffer_length", |_| "0".to_owned()),
    of_aof("aof_pending_bio_fsync", |_| "0".to_owned()),
    of_aof("aof_delayed_fsync", |_| "0".to_owned()),
];

#[rustfmt::skip]
pub(super) const THREADS: &[Field] = &[
    now("io_thread_0", |f| format!("clients={},reads={},writes={}", f.clients.len(), f.node.stats.commands, f.node.stats.commands)),
];

#[rustfmt::skip]
pub(super) const STATS: &[Field] = &[
    now("total_connections_received", |f| f.node.stats.connections.to_string()),
    now("total_commands_processed", |f| f.node.stats.commands.to_string()),
    always("instantaneous_ops_per_sec", "0"),
    now("total_net_input_bytes", |f| f.node.stats.input_bytes.to_string()),
    now("total_net_output_bytes", |f| f.node.stats.output_bytes.to_string()),
    always("total_net_repl_input_bytes", "0"),
    always("total_net_repl_output_bytes", "0"),
    always("total_net_cluster_slot_import_bytes", "0").on(VALKEY_9),
    always("total_net_cluster_slot_export_bytes", "0").on(VALKEY_9),
    always("instantaneous_input_kbps", "0.00"),
    always("instantaneous_output_kbps", "0.00"),
    always("instantaneous_input_repl_kbps", "0.00"),
    always("instantaneous_output_repl_kbps", "0.00"),
    now("rejected_connections", |f| f.node.stats.rejected_connections.to_string()),
    now("sync_full", |f| f.node.replication.syncs.whole.to_string()),
    now("sync_partial_ok", |f| f.node.replication.syncs.partial.to_string()),
    now("sync_partial_err", |f| f.node.replication.syncs.refused.to_string()),
    now("expired_subkeys", |f| f.store.counts.expired_fields.to_string()).on(NEW),
    now("expired_keys", |f| f.store.counts.expired.to_string()),
    now("expired_fields", |f| f.store.counts.expired_fields.to_string()).on(VALKEY_9),
    always("expired_stale_perc", "0.00"),
    always("expired_keys_with_volatile_items_stale_perc", "0.00").on(VALKEY_9),
    always("expired_time_cap_reached_count", "0"),
    always("expire_cycle_cpu_milliseconds", "0"),
    now("evicted_keys", |f| f.store.counts.evicted.to_string()),
    always("evicted_clients", "0"),
    always("evicted_scripts", "0").on(NEW | VALKEY),
    always("total_eviction_exceeded_time", "0"),
    always("current_eviction_exceeded_time", "0"),
    now("keyspace_hits", |f| f.store.counts.hits.get().to_string()),
    now("keyspace_misses", |f| f.store.counts.misses.get().to_string()),
    now("pubsub_channels", |f| f.clients.channels.len().to_string()),
    now("pubsub_patterns", |f| f.clients.patterns.len().to_string()),
    now("pubsubshard_channels", |f| f.clients.shard_channels.len().to_string()),
    always("latest_fork_usec", "0"),
    always("total_forks", "0"),
    always("migrate_cached_sockets", "0"),
    always("slave_expires_tracked_keys", "0"),
    always("active_defrag_hits", "0"),
    always("active_defrag_misses", "0"),
    always("active_defrag_key_hits", "0"),
    always("active_defrag_key_misses", "0"),
    always("total_active_defrag_time", "0"),
    always("current_active_defrag_time", "0"),
    always("tracking_total_keys", "0"),
    always("tracking_total_items", "0"),
    always("tracking_total_prefixes", "0"),
    always("unexpected_error_replies", "0"),
    now("total_error_replies", |f| f.node.stats.error_replies.to_string()),
    always("dump_payload_sanitizations", "0"),
    now("total_reads_processed", |f| f.node.stats.commands.to_string()),
    now("total_writes_processed", |f| f.node.stats.commands.to_string()),
    always("io_threaded_reads_processed", "0"),
    always("io_threaded_writes_processed", "0"),
    always("io_threaded_freed_objects", "0").on(VALKEY),
    always("io_threaded_accept_processed", "0").on(VALKEY),
    always("io_threaded_poll_processed", "0").on(VALKEY),
    always("io_threaded_total_prefetch_batches", "0").on(VALKEY),
    always("io_threaded_total_prefetch_entries", "0").on(VALKEY),
    always("client_query_buffer_limit_disconnections", "0").on(NEW | VALKEY),
    always("client_output_buffer_limit_disconnections", "0").on(NEW | VALKEY),
    always("reply_buffer_shrinks", "0"),
    always("reply_buffer_expands", "0"),
    now("eventloop_cycles", |f| f.node.stats.commands.to_string()).on(NEW | VALKEY),
    always("eventloop_duration_sum", "0").on(NEW | VALKEY),
    always("eventloop_duration_cmd_sum", "0").on(NEW | VALKEY),
    always("instantaneous_eventloop_cycles_per_sec", "0").on(NEW | VALKEY),
    always("instantaneous_eventloop_duration_usec", "0").on(NEW | VALKEY),
    always("acl_access_denied_auth", "0").on(NEW | VALKEY),
    always("acl_access_denied_cmd", "0").on(NEW | VALKEY),
    always("acl_access_denied_key", "0").on(NEW | VALKEY),
    always("acl_access_denied_channel", "0").on(NEW | VALKEY),
    always("acl_access_denied_tls_cert", "0").on(VALKEY_9),
    always("acl_access_denied_db", "0").on(VALKEY_9),
];

#[rustfmt::skip]
pub(super) const CPU: &[Field] = &[
    always("used_cpu_sys", "0.000000"),
    always("used_cpu_user", "0.000000"),
    always("used_cpu_sys_children", "0.000000"),
    always("used_cpu_user_children", "0.000000"),
    always("used_cpu_sys_main_thread", "0.000000"),
    always("used_cpu_user_main_thread", "0.000000"),
    always("used_active_time_main_thread", "0.000000").on(VALKEY_9),
];

/// Lua is a module of its own, which is always there.
#[rustfmt::skip]
pub(super) const MODULES: &[Field] = &[
    always("module", "name=lua,ver=1,api=1,filters=0,usedby=[],using=[],options=[handle-repl-async-load|handle-atomic-slot-migration]").on(VALKEY_9),
];

#[rustfmt::skip]
pub(super) const ENGINES: &[Field] = &[
    always("engines_count", "1"),
    always("engines_total_used_memory", "0"),
    always("engines_total_memory_overhead", "0"),
    always("engine_0", "name=LUA,module=lua,abi_version=4,used_memory=0,memory_overhead=0"),
];

#[rustfmt::skip]
pub(super) const TLS: &[Field] = &[
    always("tls_server_cert_serial", "none"),
    always("tls_server_cert_expires_in_seconds", "0"),
    always("tls_client_cert_serial", "none"),
    always("tls_client_cert_expires_in_seconds", "0"),
    always("tls_ca_cert_serial", "none"),
    always("tls_ca_cert_expires_in_seconds", "0"),
];

pub(super) const CLUSTER: &[Field] = &[always("cluster_enabled", "0")];

#[rustfmt::skip]
pub(super) const DEBUG: &[Field] = &[
    always("eventloop_duration_aof_sum", "0"),
    always("eventloop_duration_cron_sum", "0"),
    always("eventloop_duration_max", "0"),
    always("eventloop_cmd_per_cycle_max", "1"),
    always("io_threaded_reads_pending", "0").on(VALKEY_9),
    always("io_threaded_writes_pending", "0").on(VALKEY_9),
    always("allocator_allocated_lua", "0").on(NEW),
    always("allocator_active_lua", "0").on(NEW),
    always("allocator_resident_lua", "0").on(NEW),
    always("allocator_frag_bytes_lua", "0").on(NEW),
];

impl Facts<'_> {
    fn uptime_seconds(&self) -> i64 {
        (self.node.now - self.node.started).div_euclid(1_000_000)
    }

    fn count(&self, holds: impl Fn(&Session) -> bool) -> String {
        self.clients.iter().filter(|session| holds(session)).count().to_string()
    }

    fn paused(&self, not: &str, writes: &str, all: &str) -> String {
        let told = match self.node.pause.map(|pause| pause.scope) {
            None => not,
            Some(PauseScope::Writes) => writes,
            Some(PauseScope::All) => all,
        };
        told.to_owned()
    }

    fn pause_ms(&self) -> i64 {
        self.node.pause.map_or(0, |pause| (pause.until - self.node.now).div_euclid(1000).max(0))
    }
}

/// A number of bytes with two decimals and a unit.
#[expect(clippy::cast_precision_loss, reason = "two decimals are shown")]
fn human(bytes: usize) -> String {
    let units = [(1_u64 << 40, "T"), (1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K")];
    match units.into_iter().find(|(size, _)| bytes as u64 >= *size) {
        Some((size, unit)) => format!("{:.2}{unit}", bytes as f64 / size as f64),
        None => format!("{bytes}B"),
    }
}
