namespace Kvasir.Engine.Running;

/// <summary>A recurrent mixer over a step's rows: each sequence's rows follow its state, one after the other.</summary>
internal unsafe interface IMixerStage : IDisposable
{
    /// <summary>Sees the inputs of matrix multiplications (calibration); null in service.</summary>
    IActivationObserver? Observer { get; set; }

    /// <summary>Runs it; the output is left in the buffers.</summary>
    /// <param name="batch">The step.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="input">The mixer's input <c>[active rows, hidden]</c>.</param>
    void Run(StepBatch batch, int layer, float* input);
}
