from xser_demo.methods.mmd import MMD


class FirstLayerMMD(MMD):
    """MMD on the first fully connected layer, with a constant weight.

    Baklouti, Ben Ahmed and Fernandez-Maloigne 2024, "Cross-Lingual Low-Resources Speech Emotion Recognition with Domain
    Adaptive Transfer Learning", section 3 and eq. 2 (the biased estimate):

        L = CE + lambda * MMD^2(fc1(x_s), fc1(x_t)),   fc1: (B, 4096 * width)

    The paper states neither lambda nor the kernel's bandwidth; the five Gaussian kernels around the median squared
    distance are ours.
    """

    name = "mmd_fc"
    title = "MMD on the first layer"
    idea = "Minimises a kernel distance between the features of both languages, with a constant weight."
    paper = "Baklouti et al. 2024, SciTePress 127881"
    strength = 1.0
    ramped = False
