using System.Globalization;
using System.Text.Json.Nodes;
using Kvasir.Models;
using Kvasir.Numerics;

namespace Kvasir.Cli.Output;

/// <summary>What a conversion did, matrix by matrix and type by type.</summary>
internal static class ConversionScreen
{
    /// <summary>Fields of <see cref="Json"/>.</summary>
    public const string Fields = "{path, bytes, bitsPerWeight, types: [{type, matrices, weights, relativeError, weightedError}], matrices}";

    public static JsonObject Json(ConversionReport report) => new()
    {
        ["path"] = report.Path,
        ["bytes"] = report.Bytes,
        ["bitsPerWeight"] = JsonOutput.Number(report.BitsPerWeight),
        ["types"] = new JsonArray([.. report.Types.Select(type => new JsonObject
        {
            ["type"] = type.Type.Name,
            ["matrices"] = type.Matrices,
            ["weights"] = type.Weights,
            ["relativeError"] = JsonOutput.Number(type.RelativeError),
            ["weightedError"] = JsonOutput.Number(type.WeightedError),
        })]),
        ["matrices"] = new JsonArray([.. report.Matrices.Select(matrix => new JsonObject
        {
            ["name"] = matrix.Name,
            ["from"] = matrix.From.Name,
            ["to"] = matrix.To.Name,
            ["relativeError"] = JsonOutput.Number(matrix.RelativeError),
            ["weightedError"] = JsonOutput.Number(matrix.WeightedError),
            ["note"] = matrix.Note,
        })]),
    };

    public static void Write(TextWriter output, ConversionReport report)
    {
        foreach (var matrix in report.Matrices)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{matrix.Name,-28} [{matrix.Rows}, {matrix.Columns}] {matrix.From.Name} -> {matrix.To.Name}, relative error {matrix.RelativeError:0.0e+00}{(matrix.Note is null ? "" : "; " + matrix.Note)}"));
        }

        foreach (var type in report.Types)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{type.Type.Name}: {type.Matrices} matrices, {type.Weights:N0} weights, relative error {type.RelativeError:0.00e+00}, weighted {type.WeightedError:0.00e+00}"));
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{report.Path}: {Screen.Size(report.Bytes)}, {report.BitsPerWeight:0.00} bits a weight"));
    }
}
