using Kvasir.Models;

namespace Kvasir.Engine.Recurrent;

/// <summary>Where the parts of a sequence's recurrent state lie: for each recurrent layer the convolution's inputs and the state, in binary32.</summary>
internal sealed class StateShape
{
    private readonly int[] _numbers;
    private readonly int _historyFloats;
    private readonly int _layerFloats;

    /// <param name="config">A model with recurrent layers.</param>
    public StateShape(ModelConfig config)
    {
        var recurrent = config.Recurrent!;
        _historyFloats = Padded((recurrent.Kernel - 1) * recurrent.ConvolutionWidth);
        _layerFloats = _historyFloats + Padded(recurrent.Width * recurrent.StateSize);
        _numbers = new int[config.Layers];
        var layers = 0;
        for (var layer = 0; layer < _numbers.Length; layer++)
            _numbers[layer] = config.Layer(layer).Mixer == LayerMixer.Recurrent ? layers++ : -1;
        Floats = (long)layers * _layerFloats;

        static int Padded(int count) => (count + 15) & ~15;
    }

    /// <summary>Elements of a state.</summary>
    public long Floats { get; }

    /// <summary>Bytes of a state.</summary>
    public long Bytes => Floats * sizeof(float);

    /// <summary>First element of a layer's convolution inputs.</summary>
    public long HistoryOffset(int layer) => (long)_numbers[layer] * _layerFloats;

    /// <summary>First element of a layer's state.</summary>
    public long StateOffset(int layer) => HistoryOffset(layer) + _historyFloats;
}
