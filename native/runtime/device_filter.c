/* cgroup v2 has no device list: an eBPF program of type CGROUP_DEVICE answers each open and mknod. */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cgroup.h"
#include "util.h"

struct program {
	struct bpf_insn *code;
	size_t count;
};

static void emit(struct program *program, uint8_t op, uint8_t dst, uint8_t src, int16_t offset, int32_t value)
{
	program->code[program->count++] =
		(struct bpf_insn){.code = op, .dst_reg = dst & 15, .src_reg = src & 15, .off = offset, .imm = value};
}

/* r2 = type, r3 = access, r4 = major, r5 = minor; r1 is the context. */
static void emit_load(struct program *program)
{
	emit(program, BPF_LDX | BPF_MEM | BPF_W, 2, 1, 0, 0);
	emit(program, BPF_ALU64 | BPF_MOV | BPF_X, 3, 2, 0, 0);
	emit(program, BPF_ALU64 | BPF_AND | BPF_K, 2, 0, 0, 0xffff);
	emit(program, BPF_ALU64 | BPF_RSH | BPF_K, 3, 0, 0, 16);
	emit(program, BPF_LDX | BPF_MEM | BPF_W, 4, 1, 4, 0);
	emit(program, BPF_LDX | BPF_MEM | BPF_W, 5, 1, 8, 0);
}

/* Tests that fail jump past the answer; the jumps are patched when its place is known. */
static void emit_rule(struct program *program, const struct device_rule *rule)
{
	size_t jumps[4], count = 0;
	int32_t access =
		(rule->mknod ? BPF_DEVCG_ACC_MKNOD : 0) | (rule->read ? BPF_DEVCG_ACC_READ : 0) | (rule->write ? BPF_DEVCG_ACC_WRITE : 0);
	if (rule->type != 'a') {
		jumps[count++] = program->count;
		emit(program, BPF_JMP | BPF_JNE | BPF_K, 2, 0, 0, rule->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
	}
	if (access != 7) {
		/* An allowing rule must cover all that is asked, a denying one needs to touch only a part. */
		emit(program, BPF_ALU64 | BPF_MOV | BPF_X, 0, 3, 0, 0);
		emit(program, BPF_ALU64 | BPF_AND | BPF_K, 0, 0, 0, rule->allow ? (~access & 7) : access);
		jumps[count++] = program->count;
		emit(program, BPF_JMP | (rule->allow ? BPF_JNE : BPF_JEQ) | BPF_K, 0, 0, 0, 0);
	}
	if (rule->major >= 0) {
		jumps[count++] = program->count;
		emit(program, BPF_JMP | BPF_JNE | BPF_K, 4, 0, 0, (int32_t)rule->major);
	}
	if (rule->minor >= 0) {
		jumps[count++] = program->count;
		emit(program, BPF_JMP | BPF_JNE | BPF_K, 5, 0, 0, (int32_t)rule->minor);
	}
	emit(program, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, rule->allow);
	emit(program, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	for (size_t i = 0; i < count; i++)
		program->code[jumps[i]].off = (int16_t)(program->count - jumps[i] - 1);
}

static int load(const struct program *program, struct error *err)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insns = (uintptr_t)program->code,
		.insn_cnt = (uint32_t)program->count,
		.license = (uintptr_t) "GPL",
	};
	int fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof attr);
	return fd < 0 ? error_set(err, errno, "load the device filter") : fd;
}

int device_filter_attach(int cgroup, const struct device_rule *rules, size_t count, struct error *err)
{
	/* At most ten instructions a rule, six before and two after. */
	cleanup_free struct bpf_insn *code = calloc(count * 10 + 8, sizeof *code);
	if (!code)
		return error_set(err, ENOMEM, "device filter");
	struct program program = {code, 0};
	emit_load(&program);
	bool answered = false;
	for (size_t i = count; i-- > 0 && !answered;) {
		emit_rule(&program, &rules[i]);
		answered = rules[i].type == 'a' && rules[i].read && rules[i].write && rules[i].mknod && rules[i].major < 0 &&
			   rules[i].minor < 0;
	}
	/* The verifier refuses what cannot be reached. */
	if (!answered) {
		emit(&program, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0);
		emit(&program, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	}
	cleanup_close int fd = load(&program, err);
	if (fd < 0)
		return -1;
	union bpf_attr attr = {.target_fd = (uint32_t)cgroup,
		.attach_bpf_fd = (uint32_t)fd,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = BPF_F_ALLOW_MULTI};
	return syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof attr) < 0 ? error_set(err, errno, "attach the device filter") : 0;
}
