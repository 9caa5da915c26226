using Kvasir.Numerics;

namespace Kvasir.Models;

/// <summary>Squared errors and squares of some rows, plain and weighted by columns. Rows may be added by several threads in any order.</summary>
internal sealed class RowErrors(int rows, float[] weights)
{
    private readonly double[] _errors = new double[rows];
    private readonly double[] _squares = new double[rows];
    private readonly double[] _weightedErrors = new double[rows];
    private readonly double[] _weightedSquares = new double[rows];

    /// <summary>Σ(w' - w)² / Σw².</summary>
    public double Relative => Ratio(_errors, _squares);

    /// <summary>The same with the columns' weights.</summary>
    public double Weighted => Ratio(_weightedErrors, _weightedSquares);

    /// <summary>Compares a row with what was made of it.</summary>
    /// <param name="index">Which of the rows, from 0.</param>
    /// <param name="row">Its weights.</param>
    /// <param name="type">How they were encoded.</param>
    /// <param name="encoded">As what.</param>
    /// <param name="scratch">As long as the row; overwritten.</param>
    public void Add(int index, ReadOnlySpan<float> row, DataType type, ReadOnlySpan<byte> encoded, Span<float> scratch)
    {
        BlockCodec.DecodeRow(type, encoded, scratch);
        double error = 0, square = 0, weightedError = 0, weightedSquare = 0;
        for (int i = 0; i < row.Length; i++)
        {
            double difference = ((double)row[i] - scratch[i]) * (row[i] - scratch[i]), value = (double)row[i] * row[i];
            error += difference;
            square += value;
            weightedError += weights[i] * difference;
            weightedSquare += weights[i] * value;
        }

        (_errors[index], _squares[index]) = (error, square);
        (_weightedErrors[index], _weightedSquares[index]) = (weightedError, weightedSquare);
    }

    private static double Ratio(double[] errors, double[] squares) => squares.Sum() is > 0 and var sum ? errors.Sum() / sum : 0;
}
