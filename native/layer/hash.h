/* Digests as the OCI specification writes them: "sha256:HEX" or "sha512:HEX". */
#pragma once

/* The plain functions of libcrypto are old-fashioned but small: the EVP ones would link every cipher that OpenSSL has. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <stdbool.h>
#include <stddef.h>

#define DIGEST_TEXT (7 + 128 + 1)

struct hash {
	bool is_512;
	union {
		SHA256_CTX sha256;
		SHA512_CTX sha512;
	};
};

/* The algorithm is that of `digest`; sha256 when it is NULL. */
void hash_init(struct hash *hash, const char *digest);
void hash_update(struct hash *hash, const void *data, size_t size);
void hash_text(struct hash *hash, char text[DIGEST_TEXT]);

/* True for exactly "sha256:" and 64, or "sha512:" and 128 lower-case hex digits. */
bool digest_is_good(const char *text);
