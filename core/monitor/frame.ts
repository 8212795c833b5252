/** Frames of monitor.sock (docs/formats.md): u32 length of payload, u8 type, u8 stream, u16 0, little endian. */
export const frameType = {request: 1, ok: 2, error: 3, output: 4, exit: 5, input: 6, resize: 7, lost: 8, blob: 9} as const;

export type Frame = {readonly type: number; readonly stream: number; readonly payload: Buffer};

export const maxPayload = 65_536;
export const maxBlob = 1_048_576;
export const maxInput = 32_768;
const headSize = 8;

export function encodeHead(type: number, size: number, stream = 0): Buffer {
	const head = Buffer.alloc(headSize);
	head.writeUInt32LE(size, 0);
	head[4] = type;
	head[5] = stream;
	return head;
}

export const encodeFrame = (type: number, payload: string | Uint8Array): Buffer => {
	const data = typeof payload === 'string' ? Buffer.from(payload) : payload;
	return Buffer.concat([encodeHead(type, data.length), data]);
};

/** Cuts a byte stream into frames; payloads are views where a frame lies within one chunk. Throws RangeError on an oversized one. */
export function createFrameReader(onFrame: (frame: Frame) => void): (chunk: Buffer) => void {
	let rest: Buffer = Buffer.alloc(0);
	return chunk => {
		let data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
		while (data.length >= headSize) {
			const size = data.readUInt32LE(0);
			if (size > maxPayload) throw new RangeError('a frame of more than 65536 bytes');
			if (data.length < headSize + size) break;
			onFrame({type: data[4] ?? 0, stream: data[5] ?? 0, payload: data.subarray(headSize, headSize + size)});
			data = data.subarray(headSize + size);
		}
		rest = data;
	};
}
