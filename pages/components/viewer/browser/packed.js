// What the server sends of a film: one block of bytes (pages/components/viewer/packing.py).

/** The block's description, and a way to its parts. */
export function opened(block) {
  const bytes = new Uint8Array(block.buffer, block.byteOffset, block.byteLength);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const told = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const part = ([start, size]) => bytes.subarray(4 + length + start, 4 + length + start + size);
  return { told, part };
}

/** A film's codes, row by row: differences along each row, all low bytes before all high ones. */
export async function codesOf(packed, width, height) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const planes = new Uint8Array(await new Response(stream).arrayBuffer());
  const size = width * height;
  const codes = new Uint16Array(size);
  for (let row = 0; row < size; row += width) {
    let code = 0;
    for (let place = row; place < row + width; place++) {
      code = (code + planes[place] + (planes[size + place] << 8)) & 0xffff;
      codes[place] = code;
    }
  }
  return codes;
}
