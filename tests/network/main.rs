//! The network between the tool and Coveo: proxies, web servers, name servers and addresses, real ones if possible. Each
//! runs on a free port of loopback or in its own network namespace, with its settings in a temporary folder. Tests whose
//! programs are missing are skipped and reported.

#![cfg(target_os = "linux")]

mod addresses;
mod cache;
mod certificates;
mod limits;
mod names;
mod nginx;
mod nginx_in_front;
mod proxy_choice;
mod proxy_faults;
mod proxy_tls;
mod repeating;
mod signals;
mod squid;
mod stub;
mod tinyproxy;
