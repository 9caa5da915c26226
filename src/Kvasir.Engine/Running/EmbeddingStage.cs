using Kvasir.Engine.Loading;
using Kvasir.Numerics;

namespace Kvasir.Engine.Running;

/// <summary>A step's tokens as vectors, with what the model does to them before the first layer.</summary>
/// <param name="model">The model.</param>
/// <param name="buffers">Activations of the step.</param>
/// <param name="norms">Norms.</param>
/// <param name="narrow">Room for narrower embeddings, where the model has them.</param>
internal sealed unsafe class EmbeddingStage(LoadedModel model, RunnerBuffers buffers, LayerNorms norms, NativeBuffer? narrow)
{
    private readonly int[] _places = new int[buffers.MaxRows];

    /// <summary>Runs it; the residual stream <c>[rows, hidden]</c> is left in the buffers.</summary>
    public void Run(StepBatch batch)
    {
        var backend = model.Backend;
        var config = model.Config;
        var weights = model.Weights;
        var rows = batch.RowCount;
        if (weights.EmbeddingProjection is { } projection)
        {
            backend.Embed(weights.Embedding, batch.Tokens, (float*)narrow!.Pointer);
            backend.MatMul((float*)narrow.Pointer, rows, projection, buffers.Hidden);
        }
        else
        {
            backend.Embed(weights.Embedding, batch.Tokens, buffers.Hidden);
        }

        if (config.EmbeddingScale != 1)
            backend.Scale(buffers.Hidden, (long)rows * config.HiddenSize, config.EmbeddingScale);
        if (weights.Positions is { } positions)
        {
            Place(batch);
            Add(positions, _places.AsSpan(0, rows));
        }

        if (weights.TokenTypes is { } types)
            Add(types, batch.TokenTypes);
        if (weights.EmbeddingNorm is { } norm)
            norms.Apply(norm, buffers.Hidden, rows, buffers.Hidden);
    }

    private void Add(in MatrixSource table, ReadOnlySpan<int> entries)
    {
        model.Backend.Embed(table, entries, buffers.Normed);
        model.Backend.Add(buffers.Hidden, buffers.Normed, (long)entries.Length * model.Config.HiddenSize);
    }

    /// <summary>The rows of the learned positions that the step's rows get.</summary>
    private void Place(StepBatch batch)
    {
        var config = model.Config;
        var unplaced = config.Encoder?.UnplacedToken ?? -1;
        if (unplaced < 0)
        {
            for (var row = 0; row < batch.RowCount; row++)
                _places[row] = batch.Positions[row] + config.PositionOffset;
            return;
        }

        // Counted from each text's first token, which is in the step: an encoder computes texts whole.
        foreach (ref readonly var sequence in batch.Sequences)
        {
            var place = config.PositionOffset;
            for (var row = sequence.FirstRow; row < sequence.FirstRow + sequence.RowCount; row++)
                _places[row] = batch.Tokens[row] == unplaced ? config.PositionOffset - 1 : place++;
        }
    }
}
