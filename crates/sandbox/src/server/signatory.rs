use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use crypto::Signer;
use tokio::sync::OnceCell;

use crate::signed;

type Signature = Arc<OnceCell<Option<Vec<u8>>>>;

/// Signs answers beside the async workers, and equal answers of one second once: a load test is about the client, not about this key.
pub(super) struct Signatory {
    signer: Arc<Signer>,
    client_id: String,
    made: Mutex<(String, HashMap<Bytes, Signature>)>,
}

impl Signatory {
    pub(super) fn new(signer: Signer, client_id: String) -> Self {
        Self { signer: Arc::new(signer), client_id, made: Mutex::default() }
    }

    pub(super) fn algorithm(&self) -> crypto::AlgorithmName {
        self.signer.algorithm().name()
    }

    /// The raw signature over the answer `body` at `time`; nothing when the library failed.
    pub(super) async fn sign(&self, time: &str, body: &Bytes) -> Option<Vec<u8>> {
        let cell = self.cell(time, body);
        let make = || async {
            let content = signed::content(alipayhk::METHOD, alipayhk::PATH, &self.client_id, time, body);
            let signer = Arc::clone(&self.signer);
            tokio::task::spawn_blocking(move || signer.sign(&content).ok()).await.ok().flatten()
        };
        cell.get_or_init(make).await.clone()
    }

    fn cell(&self, time: &str, body: &Bytes) -> Signature {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if made.0 != time {
            *made = (time.to_owned(), HashMap::new());
        }
        Arc::clone(made.1.entry(body.clone()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use crypto::keys::generate_rsa;
    use crypto::{Algorithm, Verifier};
    use getrandom::SysRng;
    use rand_core::UnwrapErr;

    use super::*;

    #[tokio::test]
    async fn equal_answers_of_one_second_are_signed_once() {
        let key = generate_rsa(2048, &mut UnwrapErr(SysRng)).unwrap();
        let verifier = Verifier::new(key.public_key(), Algorithm::Rsa256).unwrap();
        let signatory = Signatory::new(Signer::new(key, Algorithm::Rsa256).unwrap(), "C".into());
        let body = Bytes::from_static(b"{}");
        let cell = signatory.cell("T1", &body);
        assert!(!cell.initialized());
        let signature = signatory.sign("T1", &body).await.unwrap();
        assert!(cell.initialized() && Arc::ptr_eq(&cell, &signatory.cell("T1", &body)));
        assert!(!Arc::ptr_eq(&cell, &signatory.cell("T1", &Bytes::from_static(b"{1}"))));
        assert!(!Arc::ptr_eq(&cell, &signatory.cell("T2", &body)));
        let content = signed::content(alipayhk::METHOD, alipayhk::PATH, "C", "T1", b"{}");
        assert_eq!(verifier.verify(&content, &signature), Ok(()));
    }
}
