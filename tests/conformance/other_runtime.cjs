// Runs an ONNX model in onnxruntime: node other_runtime.cjs MODEL INPUT OUTPUT DIM...
// INPUT and OUTPUT are raw little-endian floats, DIM... the shape of one input; INPUT holds several,
// which are run one by one. Exit status 77: there is no onnxruntime-node here (NODE_PATH names
// folders to look for it in).
const fs = require('fs');

let ort;
try {
    ort = require('onnxruntime-node');
} catch (missing) {
    process.exit(77);
}

async function main(model, input, output, ...dims) {
    // Optimisation is off, so that every node is what the file says.
    const session = await ort.InferenceSession.create(model, {graphOptimizationLevel: 'disabled'});
    const bytes = fs.readFileSync(input);
    const data = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const shape = dims.map(Number), each = shape.reduce((a, b) => a * b, 1);
    const outputs = [];
    for (let at = 0; at < data.length; at += each) {
        const x = new ort.Tensor('float32', data.slice(at, at + each), shape);
        const y = (await session.run({[session.inputNames[0]]: x}))[session.outputNames[0]].data;
        outputs.push(Buffer.from(y.buffer, y.byteOffset, y.byteLength));
    }
    fs.writeFileSync(output, Buffer.concat(outputs));
}

main(...process.argv.slice(2)).catch((problem) => {
    console.error(problem.message);
    process.exit(1);
});
