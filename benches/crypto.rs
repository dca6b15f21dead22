//! Signing and verifying, beside the bare calls of the library underneath, over the same bytes.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use crypto::{Algorithm, EccProfile, KeyBits, Profile, Signer, Verifier, Wrap};
use getrandom::SysRng;
use order_sync_benches::bare::BareKeys;
use order_sync_benches::cpu_clock::ThreadCpu;
use rand_core::UnwrapErr;

fn main() {
    let mut criterion = Criterion::default().with_measurement(ThreadCpu).sample_size(30).configure_from_args();
    let content = vec![b'x'; 1_024];
    let mut rng = UnwrapErr(SysRng);

    let rsa = crypto::keys::generate_rsa(2048, &mut rng).expect("a key");
    let bare = BareKeys::new(&rsa).expect("the library reads the key");
    let (public, pem) = (rsa.public_key(), rsa.to_pkcs8_pem().expect("PEM"));
    let opened_with = crypto::PrivateKey::parse(pem.as_bytes()).expect("our own PEM");
    let signer = Signer::new(rsa, Algorithm::Rsa256).expect("an RSA key");
    let verifier = Verifier::new(public.clone(), Algorithm::Rsa256).expect("an RSA key");
    let signature = signer.sign(&content).expect("a signature");
    assert_eq!(signature, bare.sign(&content), "the same bytes");

    let mut group = criterion.benchmark_group("RSA-2048");
    group.throughput(Throughput::Elements(1));
    group.bench_function("sign, aws-lc-rs bare", |bencher| bencher.iter(|| bare.sign(black_box(&content))));
    group.bench_function("sign", |bencher| bencher.iter(|| signer.sign(black_box(&content))));
    group.bench_function("verify, aws-lc-rs bare", |bencher| bencher.iter(|| bare.verify(black_box(&content), &signature)));
    group.bench_function("verify", |bencher| bencher.iter(|| verifier.verify(black_box(&content), &signature)));
    group.finish();

    let mut group = criterion.benchmark_group("P-224");
    group.throughput(Throughput::Elements(1));
    let key = crypto::keys::generate_p224(&mut rng);
    let algorithm = Algorithm::Ecc224(EccProfile::default());
    let verifier = Verifier::new(key.public_key(), algorithm).expect("a P-224 key");
    let signer = Signer::new(key, algorithm).expect("a P-224 key");
    let signature = signer.sign(&content).expect("a signature");
    group.bench_function("sign", |bencher| bencher.iter(|| signer.sign(black_box(&content))));
    group.bench_function("verify", |bencher| bencher.iter(|| verifier.verify(black_box(&content), &signature)));
    group.finish();

    let mut group = criterion.benchmark_group("sealing 1 KiB");
    group.throughput(Throughput::Elements(1));
    for (name, profile) in [("AES-256-GCM", Profile::Aes256Gcm), ("AES-128-ECB", Profile::AesEcbPkcs7 { bits: KeyBits::B128 })] {
        let sealed = crypto::seal(profile, Wrap::Pkcs1, &public, &content, &mut rng).expect("a sealed body");
        group.bench_function(format!("seal, {name}"), |bencher| {
            bencher.iter(|| crypto::seal(profile, Wrap::Pkcs1, &public, black_box(&content), &mut rng));
        });
        group.bench_function(format!("open, {name}"), |bencher| {
            bencher.iter(|| crypto::open(profile, Wrap::Pkcs1, &opened_with, black_box(sealed.body.as_bytes()), &sealed.wrapped_key));
        });
    }
    group.finish();
    criterion.final_summary();
}
