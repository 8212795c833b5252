/** As much of the OCI runtime specification's config.json as we write. */
export type Mount = {readonly destination: string; readonly type?: string; readonly source?: string; readonly options?: readonly string[]};

export type Namespace = {readonly type: 'mount' | 'pid' | 'network' | 'ipc' | 'uts' | 'cgroup' | 'user'; readonly path?: string};

export type IdMapping = {readonly containerID: number; readonly hostID: number; readonly size: number};

export type DeviceNode = {
	readonly path: string;
	readonly type: 'c' | 'b';
	readonly major: number;
	readonly minor: number;
	readonly fileMode?: number;
	readonly uid?: number;
	readonly gid?: number;
};

export type DeviceRule = {readonly allow: boolean; readonly type?: 'a' | 'c' | 'b'; readonly major?: number; readonly minor?: number; readonly access: string};

/** A program that the runtime runs at a moment of the container's life. */
export type Hook = {readonly path: string; readonly args?: readonly string[]; readonly env?: readonly string[]; readonly timeout?: number};

export type Hooks = Partial<Record<'prestart' | 'createRuntime' | 'createContainer' | 'startContainer' | 'poststart' | 'poststop', readonly Hook[]>>;

export type Capabilities = {
	readonly bounding: readonly string[];
	readonly effective: readonly string[];
	readonly permitted: readonly string[];
	readonly inheritable: readonly string[];
	readonly ambient: readonly string[];
};

export type Process = {
	readonly terminal: boolean;
	readonly user: {readonly uid: number; readonly gid: number; readonly additionalGids?: readonly number[]};
	readonly args: readonly string[];
	readonly env: readonly string[];
	readonly cwd: string;
	readonly capabilities?: Capabilities;
	readonly rlimits?: ReadonlyArray<{readonly type: string; readonly soft: number; readonly hard: number}>;
	readonly noNewPrivileges: boolean;
	readonly oomScoreAdj?: number;
	readonly apparmorProfile?: string;
	/** Ours: see docs/formats.md on `io.hawser.user` of an exec. */
	readonly annotations?: Readonly<Record<string, string>>;
};

export type SeccompRule = {
	readonly names: readonly string[];
	readonly action: 'SCMP_ACT_ALLOW' | 'SCMP_ACT_ERRNO';
	readonly errnoRet?: number;
	readonly args?: ReadonlyArray<{
		readonly index: number;
		readonly value: number;
		readonly valueTwo?: number;
		readonly op: 'SCMP_CMP_EQ' | 'SCMP_CMP_MASKED_EQ' | 'SCMP_CMP_LT' | 'SCMP_CMP_GT';
	}>;
};

export type Seccomp = {
	readonly defaultAction: 'SCMP_ACT_ERRNO';
	readonly defaultErrnoRet: number;
	readonly architectures: readonly string[];
	readonly syscalls: readonly SeccompRule[];
};

export type LinuxResources = {
	readonly devices: readonly DeviceRule[];
	readonly memory?: {readonly limit?: number; readonly reservation?: number; readonly swap?: number; readonly swappiness?: number; readonly disableOOMKiller?: boolean};
	readonly cpu?: {
		readonly shares?: number;
		readonly quota?: number;
		readonly period?: number;
		readonly realtimePeriod?: number;
		readonly realtimeRuntime?: number;
		readonly cpus?: string;
		readonly mems?: string;
	};
	readonly pids?: {readonly limit: number};
	readonly blockIO?: Readonly<Record<string, unknown>>;
};

export type Spec = {
	readonly ociVersion: string;
	readonly process: Process;
	readonly root: {readonly path: string; readonly readonly: boolean};
	readonly hostname?: string;
	readonly domainname?: string;
	readonly mounts: readonly Mount[];
	readonly annotations: Readonly<Record<string, string>>;
	readonly hooks?: Hooks;
	readonly linux: {
		readonly namespaces: readonly Namespace[];
		readonly resources: LinuxResources;
		readonly cgroupsPath: string;
		readonly devices?: readonly DeviceNode[];
		readonly sysctl?: Readonly<Record<string, string>>;
		readonly seccomp?: Seccomp;
		readonly maskedPaths?: readonly string[];
		readonly readonlyPaths?: readonly string[];
		readonly rootfsPropagation?: string;
		readonly uidMappings?: readonly IdMapping[];
		readonly gidMappings?: readonly IdMapping[];
	};
};
