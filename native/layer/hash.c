#include "hash.h"

#include <stdio.h>
#include <string.h>

void hash_init(struct hash *hash, const char *digest)
{
	hash->is_512 = digest && strncmp(digest, "sha512:", 7) == 0;
	if (hash->is_512)
		SHA512_Init(&hash->sha512);
	else
		SHA256_Init(&hash->sha256);
}

void hash_update(struct hash *hash, const void *data, size_t size)
{
	if (hash->is_512)
		SHA512_Update(&hash->sha512, data, size);
	else
		SHA256_Update(&hash->sha256, data, size);
}

void hash_text(struct hash *hash, char text[DIGEST_TEXT])
{
	unsigned char sum[SHA512_DIGEST_LENGTH];
	size_t length = hash->is_512 ? SHA512_DIGEST_LENGTH : SHA256_DIGEST_LENGTH;
	if (hash->is_512)
		SHA512_Final(sum, &hash->sha512);
	else
		SHA256_Final(sum, &hash->sha256);
	memcpy(text, hash->is_512 ? "sha512:" : "sha256:", 7);
	for (size_t i = 0; i < length; i++)
		snprintf(text + 7 + 2 * i, 3, "%02x", sum[i]);
}

bool digest_is_good(const char *text)
{
	size_t want = strncmp(text, "sha256:", 7) == 0 ? 64 : strncmp(text, "sha512:", 7) == 0 ? 128 : 0;
	return want && strlen(text) == 7 + want && strspn(text + 7, "0123456789abcdef") == want;
}
