// The reader of placement logs, against the log of this build's CPU provider, and against lines in the format that a
// device's log has (taken from published logs of CUDA sessions: there is no device here).
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { findOffenders, readPlacement } from './cuda-log.ts';
import { proveTraining, trainingOffenders } from './cuda-training.ts';

const mixed = `
2026-01-05 10:00:00.000000001 [I:onnxruntime:, transformer_memcpy.cc:329 AddCopyNode] Add MemcpyFromHost after steps for CUDAExecutionProvider
\u001b[0;93m2026-01-05 10:00:00.000000002 [W:onnxruntime:, transformer_memcpy.cc:83 ApplyImpl] 1 Memcpy nodes are added to the graph generate for CUDAExecutionProvider. It might have negative impact on performance (including unable to run CUDA graph). Set session_options.log_severity_level=1 to see the detail logs before this message.\u001b[m
2026-01-05 10:00:00.000000003 [I:onnxruntime:, transformer_memcpy.cc:329 AddCopyNode] Add MemcpyToHost before /loop/Softmax_3:0 for CUDAExecutionProvider
2026-01-05 10:00:00.000000004 [I:onnxruntime:, transformer_memcpy.cc:329 AddCopyNode] Add MemcpyFromHost after /loop/CumSum_4:0 for CUDAExecutionProvider
2026-01-05 10:00:00.000000005 [W:onnxruntime:, transformer_memcpy.cc:83 ApplyImpl] 2 Memcpy nodes are added to the graph loop for CUDAExecutionProvider. It might have negative impact on performance (including unable to run CUDA graph). Set session_options.log_severity_level=1 to see the detail logs before this message.
2026-01-05 10:00:00.000000006 [V:onnxruntime:, session_state.cc:1377 VerifyEachNodeIsAssignedToAnEp] Node placements
2026-01-05 10:00:00.000000007 [V:onnxruntime:, session_state.cc:1383 VerifyEachNodeIsAssignedToAnEp]  Node(s) placed on [CPUExecutionProvider]. Number of nodes: 3
2026-01-05 10:00:00.000000008 [V:onnxruntime:, session_state.cc:1385 VerifyEachNodeIsAssignedToAnEp]   ReduceMax (/ReduceMax_2)
2026-01-05 10:00:00.000000009 [V:onnxruntime:, session_state.cc:1385 VerifyEachNodeIsAssignedToAnEp]   CumSum (/loop/CumSum_4)
2026-01-05 10:00:00.000000010 [V:onnxruntime:, session_state.cc:1385 VerifyEachNodeIsAssignedToAnEp]   Cast (InsertedCast_x)
2026-01-05 10:00:00.000000011 [V:onnxruntime:, session_state.cc:1383 VerifyEachNodeIsAssignedToAnEp]  Node(s) placed on [CUDAExecutionProvider]. Number of nodes: 2
2026-01-05 10:00:00.000000012 [V:onnxruntime:, session_state.cc:1385 VerifyEachNodeIsAssignedToAnEp]   Loop (/Loop_9)
2026-01-05 10:00:00.000000013 [V:onnxruntime:, session_state.cc:1385 VerifyEachNodeIsAssignedToAnEp]   MemcpyToHost (Memcpy)
2026-01-05 10:00:00.000000014 [V:onnxruntime:, session_state.cc:186 CreateGraphInfo] SaveMLValueNameIndexMapping
`;

describe('a log of several providers', () => {
  const placement = readPlacement(mixed);

  test('gives nodes and copies by graph', () => {
    expect(placement).toEqual({
      sessions: 1,
      nodes: { CPUExecutionProvider: 3, CUDAExecutionProvider: 2 },
      copies: [
        { graph: 'generate', count: 1, values: ['steps'] },
        { graph: 'loop', count: 2, values: ['/loop/Softmax_3:0', '/loop/CumSum_4:0'] },
      ],
      onCpu: ['ReduceMax (/ReduceMax_2)', 'CumSum (/loop/CumSum_4)', 'Cast (InsertedCast_x)'],
    });
  });

  test('names what is wrong inside the loop, and only that', () => {
    expect(findOffenders(placement, 'CUDAExecutionProvider', 'generate', '/loop/')).toEqual([
      '2 copies inside the loop (graph loop): /loop/Softmax_3:0, /loop/CumSum_4:0',
      'On the CPU inside the loop: CumSum (/loop/CumSum_4)',
      'On the CPU, perhaps inside the loop: Cast (InsertedCast_x)',
    ]);
  });
});

test('a log without placements proves nothing', () => {
  expect(findOffenders(readPlacement(''), 'CUDAExecutionProvider', 'generate', '/loop/')).toHaveLength(1);
});

test("the log of this machine's own runtime is read", () => {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  const args = ['--import', loader, file('cuda-child.ts'), file('../demo/model'), 'cpu'];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
  expect(status).toBe(0);
  const placement = readPlacement(stderr);
  expect(placement.sessions).toBe(1);
  expect(Object.keys(placement.nodes)).toEqual(['CPUExecutionProvider']);
  expect(placement.nodes.CPUExecutionProvider).toBeGreaterThan(100);
  expect(findOffenders(placement, 'CUDAExecutionProvider', 'generate', '/loop/')).toEqual([
    'No node at all is on CUDAExecutionProvider.',
  ]);
});

test('a step of training is read as well, and half precision has the gradients of fp32', async () => {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  const types: string[] = [];
  const report = await proveTraining('cuda', async (device, compute) => {
    types.push(`${device} ${compute}`);
    // There is no device here: its part is played by this machine's runtime in the half precision that it has.
    const type = device === 'cpu' ? compute : 'float16';
    const args = ['--import', loader, file('cuda-training-child.ts'), file('../demo/model'), 'cpu', type];
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
    expect(status, stderr.slice(-2000)).toBe(0);
    return { log: stderr, stdout };
  });
  expect(types).toEqual(['cpu float32', 'cuda bfloat16']);
  expect(report.distance).toBeLessThan(0.05);
  expect(report.placement.nodes.CPUExecutionProvider).toBeGreaterThan(500);
  expect(report.offenders).toEqual(['No node at all is on CUDAExecutionProvider.']);
  expect(report.holds).toBe(false);
});

test('of a step, what runs on the CPU counts where it is the layers, the head or a gradient', () => {
  const onCpu = [
    'Gemm (/model/layers.0/attn/q_proj/Gemm_1)',
    'Softmax (/gradient/again/attn/Softmax_9)',
    'ArgMax (/log_probs/chunks/ArgMax_3)',
    'Less (/mask/Less_2)',
  ];
  const nodes = { CPUExecutionProvider: 4, CUDAExecutionProvider: 900 };
  const copies = [{ graph: 'policy', count: 2, values: ['ids'] }];
  expect(trainingOffenders({ sessions: 1, nodes, copies, onCpu }, 'CUDAExecutionProvider')).toEqual(
    onCpu.slice(0, 3).map((node) => `On the CPU: ${node}`),
  );
});
