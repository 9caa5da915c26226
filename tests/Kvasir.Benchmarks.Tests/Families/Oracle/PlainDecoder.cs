namespace Kvasir.Benchmarks.Tests.Families.Oracle;

/// <summary>A decoder in double precision: layer by layer over all rows; a family's definition fills in the steps.</summary>
internal sealed class PlainDecoder
{
    public required int Layers { get; init; }

    /// <summary>Token and position to the residual stream.</summary>
    public required Func<int, int, double[]> Embed { get; init; }

    /// <summary>Layer and stream to the mixer's input.</summary>
    public required Func<int, double[], double[]> Input { get; init; }

    /// <summary>Layer, input and position to the heads of queries, keys and values.</summary>
    public Func<int, double[], int, (double[][] Q, double[][] K, double[][] V)>? Project { get; init; }

    public Func<int, PlainAttention>? Attention { get; init; }

    /// <summary>Instead of attention: layer and all inputs to all outputs; null for layers that attend.</summary>
    public Func<int, double[][], double[][]?>? Mix { get; init; }

    /// <summary>Layer, stream, the mixer's input and its raw output to the next stream.</summary>
    public required Func<int, double[], double[], double[], double[]> Finish { get; init; }

    public required Func<double[], double[]> Head { get; init; }

    /// <summary>Logits of all rows.</summary>
    public double[][] Run(int[] tokens)
    {
        var rows = tokens.Select((token, position) => Embed(token, position)).ToArray();
        for (var layer = 0; layer < Layers; layer++)
        {
            var inputs = Array.ConvertAll(rows, row => Input(layer, row));
            var mixed = Mix?.Invoke(layer, inputs) ?? Attend(layer, inputs);
            rows = [.. rows.Select((row, i) => Finish(layer, row, inputs[i], mixed[i]))];
        }

        return Array.ConvertAll(rows, row => Head(row));
    }

    private double[][] Attend(int layer, double[][] inputs)
    {
        var projected = inputs.Select((input, position) => Project!(layer, input, position)).ToArray();
        var keys = projected.Select(p => p.K).ToArray();
        var values = projected.Select(p => p.V).ToArray();
        var attention = Attention!(layer);
        return [.. projected.Select((p, position) => attention.Run(p.Q, keys, values, position))];
    }
}
