//! The network between the tool and Coveo: proxies, web servers, name servers and addresses, real ones where there are
//! any to be had. Each is started and stopped here, on a free port of loopback or in a network namespace of its own,
//! with its settings in a temporary folder. Where a program is missing, its tests are skipped with a word.

#![cfg(target_os = "linux")]

mod addresses;
mod cache;
mod certificates;
mod daemon;
mod haproxy;
mod limits;
mod name_server;
mod names;
mod namespace;
mod nginx;
mod nginx_in_front;
mod proxy_choice;
mod proxy_faults;
mod proxy_password;
mod proxy_tls;
mod repeating;
mod signals;
mod stub;
mod tinyproxy;
