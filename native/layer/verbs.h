/* One function a verb: gets the arguments after the verb, prints its fields on stdout. 0, or -1 with an error. */
#pragma once

#include "error.h"

int verb_unpack(int argc, char **argv, struct error *err);
int verb_pack(int argc, char **argv, struct error *err);
int verb_look(int argc, char **argv, struct error *err);
int verb_folder(int argc, char **argv, struct error *err);
int verb_read(int argc, char **argv, struct error *err);
int verb_extract(int argc, char **argv, struct error *err);
int verb_diff(int argc, char **argv, struct error *err);
int verb_compare(int argc, char **argv, struct error *err);
int verb_settle(int argc, char **argv, struct error *err);
int verb_sync(int argc, char **argv, struct error *err);
int verb_remove(int argc, char **argv, struct error *err);
int verb_clean(int argc, char **argv, struct error *err);
int verb_list(int argc, char **argv, struct error *err);
int verb_size(int argc, char **argv, struct error *err);
int verb_copy(int argc, char **argv, struct error *err);
int verb_subvolume(int argc, char **argv, struct error *err);
int verb_compress(int argc, char **argv, struct error *err);
