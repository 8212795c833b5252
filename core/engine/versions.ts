import {arch, release} from 'node:os';
import {apiVersion, version} from './version.ts';

const goArch: Readonly<Record<string, string>> = {x64: 'amd64', arm64: 'arm64'};

/** What `docker version --format json` shows: client and engine are one program, and what Go would have to say is empty. */
export function engineVersion(): Record<string, unknown> {
	const common = {Version: version, ApiVersion: apiVersion, GitCommit: '', GoVersion: '', NodeVersion: process.version, Os: 'linux', Arch: goArch[arch()] ?? arch(), BuildTime: ''};
	const server = {...common, MinAPIVersion: '1.24', KernelVersion: release()};
	const {Version: _version, ...details} = server;
	return {
		Client: {Platform: {Name: 'Hawser'}, ...common, DefaultAPIVersion: apiVersion, Context: 'default'},
		Server: {Platform: {Name: 'Hawser'}, Components: [{Name: 'Engine', Version: version, Details: {...details, Experimental: 'false'}}], ...server},
	};
}
