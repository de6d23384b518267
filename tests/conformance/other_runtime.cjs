// Runs an ONNX model in onnxruntime: node other_runtime.cjs MODEL INPUT OUTPUT DIM...
// INPUT and OUTPUT are raw little-endian floats. DIM... are the shapes of the model's inputs, with a /
// between two inputs. INPUT holds samples, which are run one by one; a sample has the values of all
// inputs, one input after the other. OUTPUT gets the first output of each. Exit status 77: there is no onnxruntime-node here (NODE_PATH names
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
    const shapes = dims.join(' ').split('/').map((words) => words.trim().split(' ').map(Number));
    const sizes = shapes.map((shape) => shape.reduce((a, b) => a * b, 1));
    const outputs = [];
    for (let at = 0; at < data.length;) {
        const feeds = {};
        shapes.forEach((shape, i) => {
            feeds[session.inputNames[i]] = new ort.Tensor('float32', data.slice(at, at + sizes[i]), shape);
            at += sizes[i];
        });
        const y = (await session.run(feeds))[session.outputNames[0]].data;
        outputs.push(Buffer.from(y.buffer, y.byteOffset, y.byteLength));
    }
    fs.writeFileSync(output, Buffer.concat(outputs));
}

main(...process.argv.slice(2)).catch((problem) => {
    console.error(problem.message);
    process.exit(1);
});
