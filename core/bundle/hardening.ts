/** What a container gets without a word: as Docker has it, and as the setting `hardened` wants it. */
export type Defaults = {
	readonly capabilities: readonly string[];
	readonly noNewPrivileges: boolean;
	/** 0: none. */
	readonly pidsLimit: number;
	readonly ulimits: ReadonlyArray<{readonly name: string; readonly soft: number; readonly hard: number}>;
	readonly logOptions: Readonly<Record<string, string>>;
	/** Of the host, for published ports. */
	readonly portAddress: string;
	readonly userns: 'host' | 'auto';
	/** Of /dev. */
	readonly deviceOptions: readonly string[];
	/** Beside those that both have. */
	readonly masked: readonly string[];
	readonly readOnly: readonly string[];
};

const KIB = 1024;
const common = 'CHOWN DAC_OVERRIDE FSETID FOWNER SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL';
const named = (list: string): string[] => list.split(' ').map(name => `CAP_${name}`);

const docker: Defaults = {
	capabilities: named(`${common} MKNOD NET_RAW AUDIT_WRITE`),
	noNewPrivileges: false,
	pidsLimit: 0,
	ulimits: [],
	logOptions: {},
	portAddress: '',
	userns: 'host',
	deviceOptions: [],
	masked: [],
	readOnly: [],
};

const hardened: Defaults = {
	capabilities: named(common),
	noNewPrivileges: true,
	pidsLimit: 2048,
	ulimits: [
		{name: 'nofile', soft: 1024, hard: 524_288},
		{name: 'core', soft: 0, hard: 0},
		{name: 'memlock', soft: 64 * KIB, hard: 64 * KIB},
	],
	logOptions: {'max-size': '20m', 'max-file': '5'},
	portAddress: '127.0.0.1',
	userns: 'auto',
	deviceOptions: ['noexec'],
	masked: ['/proc/kallsyms', '/proc/modules', '/proc/kmsg', '/sys/fs/bpf', '/sys/fs/selinux', '/sys/kernel/debug', '/sys/kernel/security', '/sys/kernel/tracing'],
	readOnly: ['/proc/asound'],
};

export const defaultsFor = (isHardened: boolean): Defaults => (isHardened ? hardened : docker);
