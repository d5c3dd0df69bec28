"""PixelCNN: pictures painted pixel by pixel, what each pixel hears of, and completion."""

from app.live_page import LivePage
from app.presets import PIXELCNN, PIXELCNN_FORM

LivePage("pixelcnn", "PixelCNN", PIXELCNN, PIXELCNN_FORM).show()
